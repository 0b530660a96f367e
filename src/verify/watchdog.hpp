#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <thread>

namespace kmpack {

/// Asks for a stop when a file is still empty after a time: an emulator that hangs before its first byte would else take the
/// whole limit. A stop asked for from outside is passed on.
class FirstByteWatchdog {
 public:
  FirstByteWatchdog(std::filesystem::path file, std::chrono::milliseconds patience, std::stop_token outer);
  [[nodiscard]] std::stop_token token() const noexcept { return inner_.get_token(); }
  /// True when the time was over before the first byte.
  [[nodiscard]] bool barked() const noexcept { return barked_; }

 private:
  void watch(const std::filesystem::path& file, std::chrono::milliseconds patience, const std::stop_token& ended);

  std::stop_source inner_;
  std::stop_callback<std::function<void()>> pass_on_;
  std::atomic<bool> barked_ = false;
  std::jthread thread_;  // last: ended first
};

}  // namespace kmpack
