#include "sys/spawned.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>
#include <vector>

#include "kmpack/diagnostic.hpp"

// glibc 2.36 declares pidfd_open without a guard for C++ (fixed in 2.37); may go when Debian 13 is the floor.
extern "C" {
#include <sys/pidfd.h>
}

namespace kmpack {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kGrace = std::chrono::seconds(2);
constexpr int kAboveChildNumbers = 100;

/// posix_spawn's two option objects, released together.
struct SpawnOptions {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  SpawnOptions() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnOptions() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnOptions(const SpawnOptions&) = delete;
  SpawnOptions& operator=(const SpawnOptions&) = delete;
};

void set_group_and_signals(posix_spawnattr_t& attributes) {
  sigset_t none;
  sigemptyset(&none);
  sigset_t defaults;
  sigemptyset(&defaults);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGCHLD, SIGUSR2}) sigaddset(&defaults, signal);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Spawned::Spawned(const std::filesystem::path& program, const Command& command, const Streams& streams) {
  SpawnOptions options;
  set_group_and_signals(options.attributes);
  posix_spawn_file_actions_adddup2(&options.actions, streams.input, 0);
  posix_spawn_file_actions_adddup2(&options.actions, streams.output, 1);
  posix_spawn_file_actions_adddup2(&options.actions, streams.errors, 2);
  // Moved out of the way first: a kept descriptor's number in the child may be another one's number here.
  std::vector<Descriptor> high;
  int first_closed = 3;
  for (const Command::KeptDescriptor& kept : command.descriptors) {
    high.emplace_back(::fcntl(kept.mine, F_DUPFD_CLOEXEC, kAboveChildNumbers));
    posix_spawn_file_actions_adddup2(&options.actions, high.back().get(), kept.child);
    first_closed = std::max(first_closed, kept.child + 1);
  }
  posix_spawn_file_actions_addclosefrom_np(&options.actions, first_closed);
  if (!command.directory.empty()) posix_spawn_file_actions_addchdir_np(&options.actions, command.directory.c_str());

  std::vector<std::string> arguments{command.program};
  arguments.insert(arguments.end(), command.args.begin(), command.args.end());
  std::vector<std::string> environment;
  for (const auto& [name, value] : command.environment) environment.push_back(name + "=" + value);
  const int failed = posix_spawn(&pid_, program.c_str(), &options.actions, &options.attributes, pointers_to(arguments).data(),
                                 pointers_to(environment).data());
  if (failed != 0) {
    throw Error({.code = "process-failed-to-start",
                 .message = fmt::format("cannot start {}: {}", program.string(), std::generic_category().message(failed)),
                 .where = {},
                 .notes = {"command: " + to_shell(command)},
                 .hint = {}});
  }
  handle_ = Descriptor(::pidfd_open(pid_, 0));
}

Spawned::~Spawned() {
  if (reaped_) return;
  ::kill(-pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
}

Spawned::Ended Spawned::poll_until(std::optional<Clock::time_point> deadline, int wake) {
  std::array<pollfd, 2> watched{pollfd{handle_.get(), POLLIN, 0}, pollfd{wake, POLLIN, 0}};
  while (true) {
    int timeout = -1;
    if (deadline) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
      if (left <= 0) return Ended::limit;
      timeout = static_cast<int>(std::min<long long>(left, 1'000'000));
    }
    const int ready = ::poll(watched.data(), wake < 0 ? 1 : 2, timeout);
    if (ready < 0 && errno != EINTR) return Ended::stop;
    if (ready > 0 && watched[0].revents != 0) return Ended::child;
    if (ready > 0 && wake >= 0 && watched[1].revents != 0) return Ended::stop;
  }
}

void Spawned::end_group() {
  ::kill(-pid_, SIGTERM);
  static_cast<void>(poll_until(Clock::now() + kGrace, -1));
  // Whatever of the group still runs, its leader gone or not.
  ::kill(-pid_, SIGKILL);
}

void Spawned::reap(Completed& completed) {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
  reaped_ = true;
  if (WIFEXITED(status)) completed.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) completed.signal = WTERMSIG(status);
}

Completed Spawned::wait(std::optional<std::chrono::milliseconds> limit, const std::stop_token& stop) {
  const auto start = Clock::now();
  const Descriptor wake(::eventfd(0, EFD_CLOEXEC));
  const std::stop_callback on_stop(stop, [&wake] { static_cast<void>(::eventfd_write(wake.get(), 1)); });
  const auto deadline = limit ? std::optional(start + *limit) : std::nullopt;

  Completed completed;
  const Ended ended = poll_until(deadline, wake.get());
  if (ended != Ended::child) end_group();
  reap(completed);
  completed.wall = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  if (ended == Ended::stop) throw Cancelled{};
  completed.timed_out = ended == Ended::limit;
  return completed;
}

}  // namespace kmpack
