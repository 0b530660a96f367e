#include "sys/signals.hpp"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <thread>

namespace kmpack {
namespace {

sigset_t watched_signals() noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  // Ours alone: wakes the reader when the watch is over.
  sigaddset(&set, SIGUSR2);
  return set;
}

constexpr int kInterruptedExit = 130;

}  // namespace

struct SignalWatch::State {
  std::stop_source stop;
  std::jthread reader;
};

SignalWatch::SignalWatch() : state_(std::make_unique<State>()) {
  const sigset_t set = watched_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  state_->reader = std::jthread([set, source = state_->stop](const std::stop_token& over) mutable {
    while (!over.stop_requested()) {
      int signal = 0;
      if (sigwait(&set, &signal) != 0 || signal == SIGUSR2) continue;
      // Children have process groups of their own; whoever insists gets out, and the kernel gives back our locks.
      if (source.stop_requested()) ::_exit(kInterruptedExit);
      source.request_stop();
    }
  });
}

SignalWatch::~SignalWatch() {
  state_->reader.request_stop();
  pthread_kill(state_->reader.native_handle(), SIGUSR2);
}

std::stop_token SignalWatch::token() const noexcept { return state_->stop.get_token(); }

}  // namespace kmpack
