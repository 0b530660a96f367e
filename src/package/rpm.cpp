#include "package/rpm.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "kmpack/diagnostic.hpp"
#include "package/rpm_child.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

void set_time(const fs::path& place, std::int64_t epoch) {
  const timespec when{.tv_sec = epoch, .tv_nsec = 0};
  const std::array times{when, when};
  if (::utimensat(AT_FDCWD, place.c_str(), times.data(), 0) != 0) throw_system_error(errno, "cannot set the time of", place);
}

/// The build root: the model's files where they will lie, with its time; rpm only takes times back that are later than the epoch.
void stage(const PackageModel& model, const fs::path& root, const std::stop_token& stop) {
  make_directories(root);
  for (const PackedFile& file : model.files) {
    if (stop.stop_requested()) throw Cancelled{};
    const fs::path place = root / file.path.relative_path();
    make_directories(place.parent_path());
    file.source.empty() ? write_file(place, file.content) : clone_file(file.source, place);
    set_time(place, model.epoch);
  }
  // Last, because making a file in a directory changes its time.
  for (const TreeEntry& entry : walk(root)) {
    if (entry.type == EntryType::directory) set_time(root / entry.relative, model.epoch);
  }
}

/// rpm hands its directories to a shell and to its own macros without quotes.
fs::path plain_or_temporary(const fs::path& scratch) {
  const auto is_plain = [](const fs::path& path) {
    constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+";
    return path.native().find_first_not_of(kPlain) == std::string::npos;
  };
  fs::path whole = fs::absolute(scratch);
  if (is_plain(whole)) return whole;
  fs::path temporary = fs::temp_directory_path();
  return is_plain(temporary) ? temporary : fs::path("/tmp");
}

}  // namespace

PackageFile write_rpm(const PackageModel& model, const std::map<std::string, std::string>& scripts, const Templates& templates,
                      const fs::path& directory, const fs::path& scratch, const fs::path& executable, CommandRunner& runner,
                      std::stop_token stop) {
  const TempDir work(plain_or_temporary(scratch));
  const fs::path root = work.path() / "root";
  stage(model, root, stop);
  const fs::path spec = work.path() / "package.spec";
  write_file(spec, render_spec(model, scripts, templates));
  const fs::path place = directory / fmt::format("{}-{}.{}.rpm", model.name, model.full_version(), model.arch);
  make_directories(directory);
  const Command command{.program = executable.string(),
                        .args = {"internal", "rpmbuild", spec.string(), (work.path() / "top").string(), root.string(), model.arch,
                                 std::to_string(model.epoch), fs::absolute(place).string()},
                        .environment = scrubbed_environment(model.epoch),
                        .separate_errors = true};
  const Completed completed = runner.run(command, stop);
  if (!completed.ok()) throw_rpm_child_error(completed, command);
  return finished_package(model, place);
}

}  // namespace kmpack
