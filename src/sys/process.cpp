#include "sys/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "sys/spawned.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::string_view kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// False also for what may not be looked at: a directory in PATH may be closed to this user.
bool is_executable_file(const fs::path& path) {
  std::error_code unseen;
  return fs::is_regular_file(path, unseen) && ::access(path.c_str(), X_OK) == 0;
}

std::optional<fs::path> find_in(std::string_view search_path, const std::string& name) {
  for (const std::string_view directory : split(search_path, ':')) {
    if (directory.empty()) continue;
    fs::path candidate = fs::path(directory) / name;
    if (is_executable_file(candidate)) return candidate;
  }
  return std::nullopt;
}

fs::path resolved_program(const Command& command) {
  if (command.program.find('/') != std::string::npos) {
    if (is_executable_file(command.program)) return fs::absolute(command.program);
  } else {
    const auto path = command.environment.find("PATH");
    if (auto found =
            find_in(path == command.environment.end() ? kDefaultPath : std::string_view(path->second), command.program)) {
      return *found;
    }
  }
  throw Error({.code = "tool-missing",
               .message = fmt::format("the program '{}' is not installed", command.program),
               .where = {},
               .notes = {},
               .hint = "see `kmpack doctor` for what this computer lacks and how to install it"});
}

/// The last bytes of what stands in the file after `start`.
std::string tail_of(int descriptor, off_t start, std::size_t limit) {
  const off_t end = ::lseek(descriptor, 0, SEEK_END);
  if (end <= start) return {};
  const auto length = std::min(static_cast<std::size_t>(end - start), limit);
  std::string text(length, '\0');
  std::size_t filled = 0;
  while (filled < length) {
    const ssize_t got = ::pread(descriptor, text.data() + filled, length - filled, end - static_cast<off_t>(length - filled));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  return text;
}

Descriptor open_for_output(const fs::path& path, int flags) {
  make_directories(path.parent_path());
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | flags, 0644));
  if (!file) throw_system_error(errno, "cannot open", path);
  return file;
}

Descriptor open_memory(std::string_view content = {}) {
  Descriptor memory(::memfd_create("kmpack", MFD_CLOEXEC));
  if (!memory) throw_system_error(errno, "cannot open", "a file in memory");
  for (std::size_t at = 0; at < content.size();) {
    const ssize_t written = ::write(memory.get(), content.data() + at, content.size() - at);
    if (written < 0) throw_system_error(errno, "cannot write", "a file in memory");
    at += static_cast<std::size_t>(written);
  }
  ::lseek(memory.get(), 0, SEEK_SET);
  return memory;
}

}  // namespace

Completed ProcessRunner::run(const Command& command, std::stop_token stop) {
  if (stop.stop_requested()) throw Cancelled{};
  const fs::path program = resolved_program(command);
  const Descriptor input = command.input ? open_memory(*command.input) : Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Descriptor common = command.log ? open_for_output(*command.log, O_APPEND) : open_memory();
  const off_t start = ::lseek(common.get(), 0, SEEK_END);
  const Descriptor output = command.output ? open_for_output(*command.output, O_TRUNC) : Descriptor();
  const Descriptor errors = command.separate_errors ? open_memory() : Descriptor();

  const Streams streams{
      .input = input.get(), .output = output ? output.get() : common.get(), .errors = errors ? errors.get() : common.get()};
  Completed completed = Spawned(program, command, streams).wait(command.limit, stop);
  completed.tail = tail_of(common.get(), start, command.tail_bytes);
  if (errors) completed.errors = tail_of(errors.get(), 0, command.tail_bytes);
  return completed;
}

std::string Completed::how() const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wall).count();
  if (timed_out) return fmt::format("time limit after {} s", seconds);
  if (signal) return fmt::format("signal {} ({})", *signal, ::strsignal(*signal));
  return fmt::format("exit status {}", exit_code.value_or(-1));
}

Completed run_checked(CommandRunner& runner, const Command& command, std::stop_token stop) {
  Completed completed = runner.run(command, std::move(stop));
  if (completed.ok()) return completed;
  Diagnostic diagnostic;
  diagnostic.code = "process-failed";
  diagnostic.message = fmt::format("{} ended with {}", fs::path(command.program).filename().string(), completed.how());
  diagnostic.notes.push_back("command: " + to_shell(command));
  const std::string output(trimmed(command.separate_errors ? completed.errors : completed.tail));
  if (!output.empty()) diagnostic.notes.push_back("output: " + output.substr(output.size() > 2000 ? output.size() - 2000 : 0));
  if (command.log) diagnostic.notes.push_back("log: " + command.log->string());
  throw Error(std::move(diagnostic));
}

std::map<std::string, std::string> scrubbed_environment(std::int64_t source_date_epoch) {
  return {{"PATH", std::string(kDefaultPath)},
          {"HOME", "/nonexistent"},
          {"LC_ALL", "C.UTF-8"},
          {"TZ", "UTC"},
          {"SOURCE_DATE_EPOCH", std::to_string(source_date_epoch)}};
}

std::optional<fs::path> find_program(const std::string& name) {
  const char* const path = std::getenv("PATH");
  if (auto found = find_in(path == nullptr ? kDefaultPath : std::string_view(path), name)) return found;
  // depmod and friends live in sbin, which an ordinary user's PATH leaves out.
  return find_in(kDefaultPath, name);
}

std::string to_shell(const Command& command) {
  std::string line;
  if (!command.directory.empty()) line += "cd " + shell_quoted(command.directory.string()) + " && ";
  if (!command.environment.empty()) {
    line += "env -i";
    for (const auto& [name, value] : command.environment) line += " " + shell_quoted(name + "=" + value);
    line += " ";
  }
  line += shell_quoted(command.program);
  for (const std::string& argument : command.args) line += " " + shell_quoted(argument);
  return line;
}

}  // namespace kmpack
