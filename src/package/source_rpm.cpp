#include "package/source_rpm.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "build/source_copy.hpp"
#include "package/naming.hpp"
#include "package/source_archive.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

void set_time(const fs::path& place, std::int64_t epoch) {
  const timespec when{.tv_sec = epoch, .tv_nsec = 0};
  const std::array times{when, when};
  if (::utimensat(AT_FDCWD, place.c_str(), times.data(), 0) != 0) throw_system_error(errno, "cannot set the time of", place);
}

}  // namespace

std::vector<fs::path> write_source_files(const SourcePackage& package, const Manifest& manifest, const fs::path& workspace,
                                         const fs::path& directory, std::stop_token stop) {
  if (!manifest.source.archive.empty()) check_source_digest(manifest.source);
  make_directories(directory);
  std::vector<fs::path> written{directory / (package.head.name + ".spec")};
  write_file(written.front(), package.spec);
  if (package.archive_of_directory) {
    written.push_back(directory / source_archive_name(manifest));
    const fs::path top = rpm_name(manifest.name.str() + "-" + rpm_version_part(manifest.version));
    write_source_archive(manifest.source.directory, workspace,
                         {.place = written.back(), .top = top, .epoch = package.head.epoch, .skip = {}}, stop);
  }
  for (const SourceFile& file : package.files.all()) {
    written.push_back(directory / file.name);
    write_file(written.back(), file.file.empty() ? file.content : read_file(file.file));
  }
  for (const fs::path& file : written) set_time(file, package.head.epoch);
  return written;
}

fs::path write_source_rpm(const SourcePackage& package, const fs::path& directory, const fs::path& scratch, CommandRunner& runner,
                          std::stop_token stop) {
  const SpecHead& head = package.head;
  make_directories(scratch);
  const TempDir top(scratch);
  const std::string files = fs::absolute(directory).string();
  Command command{.program = "rpmbuild", .environment = scrubbed_environment(head.epoch)};
  command.args = {"-bs", "--nodeps", "--macros=/usr/lib/rpm/macros"};
  const std::vector<std::pair<std::string, std::string>> settings = {{"_topdir", top.path().string()},
                                                                     {"_sourcedir", files},
                                                                     {"_specdir", files},
                                                                     {"_srcrpmdir", top.path().string()},
                                                                     {"_srcdefattr", "(0644,root,root)"},
                                                                     {"_buildhost", "reproducible"},
                                                                     {"use_source_date_epoch_as_buildtime", "1"},
                                                                     {"source_date_epoch_from_changelog", "0"},
                                                                     {"clamp_mtime_to_source_date_epoch", "1"},
                                                                     {"_source_payload", "w9.gzdio"}};
  for (const auto& [name, value] : settings) {
    command.args.emplace_back("--define");
    command.args.push_back(name + " " + value);
  }
  command.args.push_back((fs::path(files) / (head.name + ".spec")).string());
  run_checked(runner, command, std::move(stop));
  const std::string name = fmt::format("{}-{}-{}.src.rpm", head.name, head.version, head.release);
  Staged staged(directory / name);
  clone_file(top.path() / name, staged.path());
  staged.publish();
  return directory / name;
}

}  // namespace kmpack
