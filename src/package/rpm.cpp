#include "package/rpm.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <string_view>

#include "base/assert.hpp"
#include "kmpack/diagnostic.hpp"
#include "package/rpm_child.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

void set_time(const fs::path& place, std::int64_t epoch) {
  const timespec when{.tv_sec = epoch, .tv_nsec = 0};
  const std::array times{when, when};
  if (::utimensat(AT_FDCWD, place.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
    throw_system_error(errno, "cannot set the time of", place);
}

/// What goes when the packages are there is not synced, which costs more than writing it.
void write_scratch(const fs::path& place, std::string_view content) {
  std::ofstream file(place, std::ios::binary);
  file << content;
  file.close();
  if (!file) throw_system_error(errno, "cannot write", place);
  // Whatever the umask says.
  fs::permissions(place, fs::perms{0644});
}

void place_file(const PackedFile& file, const fs::path& place) {
  if (!file.link.empty()) return fs::create_symlink(file.link, place);
  file.source.empty() ? write_scratch(place, file.content) : clone_file(file.source, place);
}

/// The build root: the models' files where they will lie, with their time; rpm only takes times back that are later than the
/// epoch.
void stage(std::span<const RpmPart> parts, const fs::path& root, const std::stop_token& stop) {
  make_directories(root);
  for (const RpmPart& part : parts) {
    for (const PackedFile& file : part.model.files) {
      if (stop.stop_requested()) throw Cancelled{};
      const fs::path place = root / file.path.relative_path();
      make_directories(place.parent_path());
      place_file(file, place);
      set_time(place, part.model.epoch);
    }
  }
  // Last, because making a file in a directory changes its time.
  for (const TreeEntry& entry : walk(root)) {
    if (entry.type == EntryType::directory) set_time(root / entry.relative, parts.front().model.epoch);
  }
}

std::string target_of(std::span<const RpmPart> parts) {
  for (const RpmPart& part : parts) {
    if (part.model.arch != "noarch") return part.model.arch;
  }
  return "noarch";
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

std::vector<PackageFile> write_rpms(const SpecHead& head, std::span<const RpmPart> parts, const Templates& templates,
                                    const fs::path& directory, const fs::path& scratch, const fs::path& executable,
                                    CommandRunner& runner, std::stop_token stop) {
  KMPACK_ASSERT(!parts.empty());
  const TempDir work(plain_or_temporary(scratch));
  const fs::path root = work.path() / "root";
  stage(parts, root, stop);
  const fs::path spec = work.path() / "package.spec";
  write_scratch(spec, render_spec(head, parts, templates));
  make_directories(directory);
  const std::int64_t epoch = parts.front().model.epoch;
  const Command command{.program = executable.string(),
                        .args = {"internal", "rpmbuild", spec.string(), (work.path() / "top").string(), root.string(),
                                 target_of(parts), std::to_string(epoch), fs::absolute(directory).string()},
                        .environment = scrubbed_environment(epoch),
                        .separate_errors = true};
  const Completed completed = runner.run(command, stop);
  if (!completed.ok()) throw_rpm_child_error(completed, command);
  std::vector<PackageFile> packages;
  for (const RpmPart& part : parts) {
    const PackageModel& model = part.model;
    packages.push_back(
        finished_package(model, directory / fmt::format("{}-{}.{}.rpm", model.name, model.full_version(), model.arch)));
  }
  return packages;
}

}  // namespace kmpack
