#pragma once

#include <functional>
#include <mutex>
#include <stop_token>
#include <utility>
#include <vector>

#include "sys/process.hpp"

namespace kmpack::test {

/// A CommandRunner that starts nothing: it remembers what it was asked to run and answers as told.
class FakeRunner final : public CommandRunner {
 public:
  using Answer = std::function<Completed(const Command&)>;

  FakeRunner() : FakeRunner([](const Command&) { return ended(0); }) {}
  explicit FakeRunner(Answer answer) : answer_(std::move(answer)) {}

  Completed run(const Command& command, std::stop_token) override {
    const std::lock_guard lock(mutex_);
    commands_.push_back(command);
    return answer_(command);
  }

  [[nodiscard]] const std::vector<Command>& commands() const noexcept { return commands_; }

  static Completed succeeded(std::string output = {}) { return ended(0, std::move(output)); }
  static Completed ended(int exit_code, std::string output = {}) {
    Completed completed;
    completed.exit_code = exit_code;
    completed.tail = std::move(output);
    return completed;
  }

 private:
  std::mutex mutex_;
  Answer answer_;
  std::vector<Command> commands_;
};

}  // namespace kmpack::test
