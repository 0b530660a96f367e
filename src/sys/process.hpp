#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace kmpack {

/// One child process. No shell: `args` reach the program as they are.
struct Command {
  std::string program;                             ///< a path, or a name looked up in the PATH of `environment`
  std::vector<std::string> args;                   ///< without argv[0]
  std::map<std::string, std::string> environment;  ///< the whole environment; start from scrubbed_environment()
  std::filesystem::path directory;                 ///< working directory; empty: where kmpack runs
  std::optional<std::filesystem::path> log;        ///< stdout and stderr go here (appended); without it only the tail is kept
  std::optional<std::filesystem::path> output;     ///< stdout alone goes here instead (created or truncated)
  std::optional<std::string> input;                ///< given on stdin; default is /dev/null
  std::optional<std::chrono::milliseconds> limit;  ///< of wall time; the group is ended when it is over
  struct KeptDescriptor {
    int mine;
    int child;
  };
  std::vector<KeptDescriptor> descriptors;  ///< duplicated into the child, as a jobserver's pipe
  bool separate_errors = false;             ///< keep stderr apart in Completed::errors
  std::size_t tail_bytes = 64 * 1024;       ///< how much of the output's end is kept
};

/// How a child ended. A non-zero status is a value, not an exception.
struct Completed {
  std::optional<int> exit_code;  ///< of a child that exited
  std::optional<int> signal;     ///< of a child that a signal ended
  bool timed_out = false;
  std::string tail;  ///< the last bytes of stdout and stderr (stdout alone with separate_errors)
  std::string errors;
  std::chrono::milliseconds wall{};

  [[nodiscard]] bool ok() const noexcept { return exit_code == 0; }
  /// "exit status 2", "signal 9 (Killed)", "time limit of 30 s".
  [[nodiscard]] std::string how() const;
};

/// The seam between kmpack and child processes; FakeRunner in tests/support stands in for it.
class CommandRunner {
 public:
  virtual ~CommandRunner() = default;
  /// Run to the end. Errors: tool-missing, process-failed-to-start. Throws Cancelled after ending the whole process group when
  /// `stop` is requested (SIGTERM, a grace of two seconds, SIGKILL). Threads: safe from many.
  virtual Completed run(const Command& command, std::stop_token stop) = 0;
};

/// The real thing.
class ProcessRunner final : public CommandRunner {
 public:
  Completed run(const Command& command, std::stop_token stop) override;
};

/// Run and throw process-failed with the command, its output's end and the log's path when the child did not exit with 0.
Completed run_checked(CommandRunner& runner, const Command& command, std::stop_token stop);

/// What a build may see: PATH, HOME (a directory that does not exist), LC_ALL=C.UTF-8, TZ=UTC, SOURCE_DATE_EPOCH.
std::map<std::string, std::string> scrubbed_environment(std::int64_t source_date_epoch);

/// Full path of a program in this process's PATH, or nothing.
std::optional<std::filesystem::path> find_program(const std::string& name);

/// The command as one line that can be pasted into a shell.
std::string to_shell(const Command& command);

}  // namespace kmpack
