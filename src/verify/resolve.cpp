#include "verify/resolve.hpp"

#include <utility>

#include "base/text.hpp"
#include "sys/files.hpp"
#include "verify/userland.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using std::string;
using std::string_view;

// Debian's System.map says in 83 bytes where the real one is.
constexpr std::uintmax_t kRealSystemMap = 4096;

}  // namespace

std::vector<string> symbol_complaints(string_view depmod_errors) {
  std::vector<string> found;
  for (string_view line : split(depmod_errors, '\n')) {
    if (line.find("unknown symbol") == string_view::npos && line.find("disagrees about version") == string_view::npos) continue;
    for (const string_view prefix : {"depmod: ", "WARNING: "}) {
      if (line.starts_with(prefix)) line.remove_prefix(prefix.size());
    }
    found.emplace_back(line);
  }
  return found;
}

std::optional<std::vector<string>> unresolved_symbols(const ScratchRoot& root, const fs::path& symvers, CommandRunner& runner,
                                                      std::stop_token stop) {
  const fs::path system_map = root.path() / "boot" / ("System.map-" + root.release().str());
  std::error_code absent;
  std::vector<string> symbols;
  if (!symvers.empty()) {
    symbols = {"-E", symvers.string()};
  } else if (fs::file_size(system_map, absent) >= kRealSystemMap && !absent) {
    symbols = {"-F", system_map.string()};
  } else {
    return std::nullopt;
  }
  Command command{.program = require_program({.name = "depmod", .package = "kmod"}).string(),
                  .args = {"-n", "-e"},
                  .environment = scrubbed_environment(0),
                  .separate_errors = true};
  command.args.insert(command.args.end(), symbols.begin(), symbols.end());
  command.args.insert(command.args.end(), {"-b", root.path().string(), root.release().str()});
  return symbol_complaints(run_checked(runner, command, std::move(stop)).errors);
}

std::vector<fs::path> files_to_load(string_view answer) {
  std::vector<fs::path> files;
  for (const string_view line : split(answer, '\n')) {
    // `insmod PATH OPTIONS`
    const auto parts = words(line);
    if (parts.size() >= 2 && parts[0] == "insmod") files.emplace_back(parts[1]);
  }
  return files;
}

Resolution resolve_module(const ScratchRoot& root, const string& module, CommandRunner& runner, std::stop_token stop) {
  Command command{.program = require_program({.name = "modprobe", .package = "kmod"}).string(),
                  .args = {"-d", root.path().string(), "-S", root.release().str()},
                  .environment = scrubbed_environment(0),
                  .separate_errors = true};
  // -d does not reach the configuration: without -C modprobe would read this machine's.
  bool configured = false;
  for (const char* place : {"etc/modprobe.d", "usr/lib/modprobe.d"}) {
    if (!fs::is_directory(root.path() / place)) continue;
    command.args.insert(command.args.end(), {"-C", (root.path() / place).string()});
    configured = true;
  }
  if (!configured) command.args.insert(command.args.end(), {"-C", (root.path() / "dev/null").string()});
  command.args.insert(command.args.end(), {"-n", "--show-depends", module});
  const Completed answer = runner.run(command, std::move(stop));
  return Resolution{.files = files_to_load(answer.tail), .error = answer.ok() ? string{} : string{trimmed(answer.errors)}};
}

}  // namespace kmpack
