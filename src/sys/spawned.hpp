#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>

#include "sys/descriptor.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// Descriptors a child gets as 0, 1 and 2.
struct Streams {
  int input = -1;
  int output = -1;
  int errors = -1;
};

/// A started child with a process group of its own. Whoever starts one waits for it; if wait() throws, the group has been ended.
class Spawned {
 public:
  Spawned(const std::filesystem::path& program, const Command& command, const Streams& streams);
  ~Spawned();
  Spawned(const Spawned&) = delete;
  Spawned& operator=(const Spawned&) = delete;
  Completed wait(std::optional<std::chrono::milliseconds> limit, const std::stop_token& stop);

 private:
  enum class Ended { child, stop, limit };
  Ended poll_until(std::optional<std::chrono::steady_clock::time_point> deadline, int wake);
  void end_group();
  void reap(Completed& completed);

  pid_t pid_ = -1;
  Descriptor handle_;
  bool reaped_ = false;
};

}  // namespace kmpack
