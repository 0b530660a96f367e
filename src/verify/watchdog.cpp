#include "verify/watchdog.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kInterval{100};

bool has_content(const fs::path& file) {
  std::error_code absent;
  const auto size = fs::file_size(file, absent);
  return !absent && size > 0;
}

}  // namespace

FirstByteWatchdog::FirstByteWatchdog(fs::path file, milliseconds patience, std::stop_token outer)
    : pass_on_(std::move(outer), [this] { inner_.request_stop(); }),
      thread_([this, file = std::move(file), patience](const std::stop_token& ended) { watch(file, patience, ended); }) {}

void FirstByteWatchdog::watch(const fs::path& file, milliseconds patience, const std::stop_token& ended) {
  std::mutex mutex;
  std::condition_variable_any pause;
  const auto deadline = steady_clock::now() + patience;
  while (!ended.stop_requested() && !has_content(file)) {
    if (steady_clock::now() >= deadline) {
      barked_ = true;
      inner_.request_stop();
      return;
    }
    std::unique_lock lock{mutex};
    pause.wait_for(lock, ended, kInterval, [] { return false; });
  }
}

}  // namespace kmpack
