#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// How the environment's MAKEFLAGS names a jobserver. Pure reading; see Jobserver for what is done with it.
///
/// Source: GNU make manual, "POSIX Jobserver Interaction" (`--jobserver-auth=R,W`, `fifo:PATH`; make 3.x says `--jobserver-fds`).
struct JobserverAuth {
  int read_end = -1;
  int write_end = -1;
  std::string fifo;    ///< path; empty for a pipe
  unsigned slots = 1;  ///< of `-jN`, which make passes on beside it
};
std::optional<JobserverAuth> parse_jobserver_auth(std::string_view makeflags);

/// Major and minor of the first line of `make --version`; nothing when it is not GNU make.
struct MakeVersion {
  int major = 0;
  int minor = 0;
  auto operator<=>(const MakeVersion&) const = default;
};
std::optional<MakeVersion> parse_make_version(std::string_view version_output);

/// The one pool of job slots that all makes of a run share: kmpack serves it, or uses that of the make it was started by.
///
/// Shape:   a slot is held for every running make (acquire), and each make takes further slots by itself. The process owns one
/// slot
///          from the start; the first acquire takes that one.
/// Errors:  file-unwritable (no pipe or fifo can be made).
/// Threads: safe from many.
/// Source:  GNU make manual, "POSIX Jobserver Interaction"; make 4.4 NEWS (fifo).
class Jobserver {
  struct State;

 public:
  /// A slot, given back when destroyed.
  class Token {
   public:
    Token(Token&& other) noexcept;
    Token& operator=(Token&&) = delete;
    ~Token();

   private:
    friend class Jobserver;
    explicit Token(std::shared_ptr<State> state, int byte) : state_(std::move(state)), byte_(byte) {}
    std::shared_ptr<State> state_;
    int byte_;  ///< -1: the process's own slot
  };

  /// Serve `slots` of them; a make older than 4.4 gets a pipe, others a fifo.
  static Jobserver serve(unsigned slots, MakeVersion make);
  /// Use the outer make's jobserver when MAKEFLAGS (usually this process's) names one that can be used, else serve. What was
  /// wrong with the outer one is reported as warning jobserver-unusable.
  static Jobserver join_or_serve(std::string_view makeflags, unsigned slots, MakeVersion make, Diagnostics& problems);

  /// Waits for a slot. Throws Cancelled when `stop` is requested.
  Token acquire(std::stop_token stop);
  /// Give a command the environment and descriptors by which make finds the slots.
  void pass_to(Command& command) const;
  [[nodiscard]] bool serves() const noexcept;
  [[nodiscard]] unsigned slots() const noexcept;
  /// Slots that lie free now, beside the process's own; for tests and reports.
  [[nodiscard]] unsigned free_slots() const;

 private:
  static std::optional<Jobserver> join(const JobserverAuth& auth, MakeVersion make, std::string& why);
  explicit Jobserver(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

/// The version of the make in PATH. Errors: tool-missing, make-unknown.
MakeVersion find_make_version(CommandRunner& runner, std::stop_token stop);

}  // namespace kmpack
