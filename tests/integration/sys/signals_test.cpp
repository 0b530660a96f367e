#include "sys/signals.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "sys/files.hpp"
#include "sys/process.hpp"

namespace kmpack {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// A child of ours whose pid is known as soon as it said its first line.
struct Running {
  Running(std::string deed, const fs::path& place) : output(place / "output") {
    thread = std::jthread([this, deed = std::move(deed), place] {
      const Command command{.program = "/bin/sh",
                            .args = {"-c", "echo $$ > " + (place / "pid").string() + "; exec " SYS_TEST_CHILD " " + deed},
                            .environment = scrubbed_environment(0),
                            .output = output};
      completed = ProcessRunner().run(command, {});
    });
    says("ready");
    pid = std::stoi(read_file(place / "pid"));
  }
  void says(const std::string& line) const {
    while (!fs::exists(output) || read_file(output).find(line) == std::string::npos) std::this_thread::sleep_for(5ms);
  }
  Completed ended() {
    thread.join();
    return completed;
  }

  fs::path output;
  Completed completed;
  pid_t pid = 0;
  std::jthread thread;
};

TEST(SignalWatch, TurnsTheSignalIntoAStopThatEndsTheChildToo) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const TempDir place;
    Running child("run-until-signal", place.path());
    ::kill(child.pid, signal);
    const Completed completed = child.ended();
    EXPECT_EQ(completed.exit_code, 130) << signal;
    EXPECT_NE(read_file(child.output).find("cancelled"), std::string::npos);
  }
}

TEST(SignalWatch, EndsTheProcessAtOnceOnTheSecondSignal) {
  const TempDir place;
  Running child("ignore-stop", place.path());
  ::kill(child.pid, SIGINT);
  child.says("stop requested");
  ::kill(child.pid, SIGINT);
  EXPECT_EQ(child.ended().exit_code, 130);
}

TEST(SignalWatch, EndsWithoutASignal) {
  const SignalWatch watch;
  EXPECT_FALSE(watch.token().stop_requested());
}

}  // namespace
}  // namespace kmpack
