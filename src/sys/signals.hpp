#pragma once

#include <memory>
#include <stop_token>

namespace kmpack {

/// Turns SIGINT, SIGTERM and SIGHUP into a stop request, read by one thread. Make it before any other thread exists: it blocks
/// these signals for all threads. A second SIGINT ends the process at once.
class SignalWatch {
 public:
  SignalWatch();
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  [[nodiscard]] std::stop_token token() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kmpack
