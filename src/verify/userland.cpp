#include "verify/userland.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using std::string;
using std::string_view;

// Tools under names of their own; all are one program.
constexpr auto kModuleTools = std::to_array<string_view>({"depmod", "modprobe", "modinfo", "insmod", "rmmod", "lsmod"});

/// The paths in ldd's answer: `name => /path (0x…)` or `/path (0x…)`.
std::vector<fs::path> libraries_in(string_view answer) {
  std::vector<fs::path> found;
  for (const string_view line : split(answer, '\n')) {
    const auto slash = line.find('/');
    const auto end = line.rfind(" (0x");
    if (slash == string_view::npos || end == string_view::npos || end < slash) continue;
    found.emplace_back(line.substr(slash, end - slash));
  }
  return found;
}

}  // namespace

fs::path require_program(const HostProgram& program) {
  if (auto found = find_program(string{program.name})) return *found;
  throw Error{Diagnostic{.code = "tool-missing",
                         .message = fmt::format("verification needs the program {}, which is not installed", program.name),
                         .hint = fmt::format("apt-get install {}", program.package)}};
}

Userland::Userland(fs::path root, CommandRunner& runner, std::stop_token stop)
    : root_(std::move(root)), runner_(runner), stop_(std::move(stop)) {
  make_directories(root_ / "usr/bin");
}

std::optional<fs::path> Userland::place(const HostProgram& program) {
  if (program.package.empty() && !find_program(string{program.name})) return std::nullopt;
  if (!present_.insert(string{program.name}).second) return std::nullopt;
  fs::path source = fs::canonical(require_program(program));
  clone_file(source, root_ / "usr/bin" / program.name);
  return source;
}

void Userland::add(const HostProgram& program) { add(std::span{&program, 1}); }

void Userland::add(std::span<const HostProgram> programs) {
  std::vector<string> sources;
  for (const HostProgram& program : programs) {
    if (const auto source = place(program)) sources.push_back(source->string());
  }
  if (!sources.empty()) add_libraries(sources);
}

void Userland::add_module_tools() {
  add({.name = "kmod", .package = "kmod"});
  for (const string_view tool : kModuleTools) {
    const fs::path link = root_ / "usr/bin" / tool;
    if (!fs::exists(fs::symlink_status(link))) fs::create_symlink("kmod", link);
  }
}

void Userland::add_libraries(const std::vector<string>& programs) {
  const Completed answer = runner_.run(
      Command{.program = "ldd", .args = programs, .environment = scrubbed_environment(0), .separate_errors = true}, stop_);
  // A static program makes ldd fail; it needs no libraries.
  for (const fs::path& library : libraries_in(answer.tail)) {
    if (!present_.insert(library.string()).second) continue;
    const fs::path place = root_ / library.relative_path();
    make_directories(place.parent_path());
    clone_file(fs::canonical(library), place);
  }
}

}  // namespace kmpack
