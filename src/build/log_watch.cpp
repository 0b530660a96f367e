#include "build/log_watch.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "kmpack/diagnostic.hpp"
#include "kmpack/failure.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr auto kBetweenLooks = std::chrono::milliseconds(50);

bool is_too_large(const fs::path& log) {
  std::error_code unseen;
  const std::uintmax_t size = fs::file_size(log, unseen);
  return !unseen && size > kLargestLog;
}

BuildFailure said_too_much(const Cell& cell, const fs::path& log) {
  const std::string why = fmt::format("its output is more than {} MiB", kLargestLog >> 20);
  return {Diagnostic{
              .code = "build-failed",
              .message = fmt::format("{} does not build for {}: {}", cell.manifest->name.str(), cell.kernel->release.str(), why),
              .where = {},
              .notes = {"log: " + log.string()},
              .hint = "look for a loop in it that prints"},
          Failure{.kind = FailureClass::other, .file = {}, .line = 0, .message = why}};
}

}  // namespace

Completed run_watched(CommandRunner& runner, const Command& command, const Cell& cell, std::stop_token stop) {
  if (!command.log) return runner.run(command, std::move(stop));
  std::stop_source ended;
  const std::stop_callback ended_outside(stop, [&] { ended.request_stop(); });
  std::atomic<bool> is_flood = false;
  std::jthread watch([&](const std::stop_token& done) {
    std::mutex mutex;
    std::condition_variable_any bell;
    std::unique_lock lock(mutex);
    while (!done.stop_requested()) {
      bell.wait_for(lock, done, kBetweenLooks, [] { return false; });
      if (!is_too_large(*command.log)) continue;
      is_flood = true;
      ended.request_stop();
      return;
    }
  });
  std::optional<Completed> completed;
  try {
    completed = runner.run(command, ended.get_token());
  } catch (const Cancelled&) {
    if (!is_flood || stop.stop_requested()) throw;
  }
  watch.request_stop();
  watch.join();
  // What prints fast is done before anyone looks.
  if (completed && !is_too_large(*command.log)) return *std::move(completed);
  std::error_code failed;
  fs::resize_file(*command.log, kLargestLog, failed);
  throw said_too_much(cell, *command.log);
}

}  // namespace kmpack
