#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "sys/lock.hpp"
#include "sys/process.hpp"

namespace kmpack {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

void wait_for(const fs::path& file) {
  while (!fs::exists(file)) std::this_thread::sleep_for(5ms);
}

/// True while a process is there that is not a zombie (an orphan's zombie lasts until its new parent looks).
bool is_running(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(stat, text)) return false;
  return text[text.rfind(')') + 2] != 'Z';
}

TEST(Stop, ThrowsCancelledAndEndsTheWholeGroup) {
  const TempDir place;
  const fs::path pid_file = place.path() / "pid";
  Command command{.program = "/bin/sh",
                  .args = {"-c", "sleep 60 & echo $! > " + pid_file.string() + ".new; mv " + pid_file.string() + ".new " +
                                     pid_file.string() + "; wait"},
                  .environment = scrubbed_environment(0)};
  std::stop_source stop;
  std::jthread stopper([&] {
    wait_for(pid_file);
    stop.request_stop();
  });
  EXPECT_THROW(ProcessRunner().run(command, stop.get_token()), Cancelled);
  const pid_t grandchild = std::stoi(read_file(pid_file));
  for (int i = 0; i < 400 && is_running(grandchild); ++i) std::this_thread::sleep_for(5ms);
  EXPECT_FALSE(is_running(grandchild));
}

TEST(Stop, EndsAChildThatIgnoresTheTermSignalAfterTheGrace) {
  const TempDir place;
  const fs::path ready = place.path() / "ready";
  Command command{.program = "/bin/sh",
                  .args = {"-c", "trap '' TERM; touch " + ready.string() + "; while :; do sleep 60; done"},
                  .environment = scrubbed_environment(0)};
  std::stop_source stop;
  std::jthread stopper([&] {
    wait_for(ready);
    stop.request_stop();
  });
  EXPECT_THROW(ProcessRunner().run(command, stop.get_token()), Cancelled);
}

TEST(Stop, StartsNothingWhenItCameBefore) {
  const TempDir place;
  std::stop_source stop;
  stop.request_stop();
  Command command{.program = "touch", .args = {(place.path() / "started").string()}, .environment = scrubbed_environment(0)};
  EXPECT_THROW(ProcessRunner().run(command, stop.get_token()), Cancelled);
  EXPECT_FALSE(fs::exists(place.path() / "started"));
}

TEST(Lock, IsGivenBackByTheKernelWhenItsHolderIsKilled) {
  const TempDir place;
  const fs::path file = place.path() / "lock";
  std::jthread holder([&](const std::stop_token& over) {
    try {
      ProcessRunner().run({.program = SYS_TEST_CHILD, .args = {"hold", file.string()}}, over);
    } catch (const Cancelled&) {}
  });
  while (!fs::exists(file) || lock_holder(file) == 0) std::this_thread::sleep_for(5ms);
  EXPECT_FALSE(FileLock::attempt(file).has_value());
  ::kill(lock_holder(file), SIGKILL);
  const FileLock mine = FileLock::wait(file);
  SUCCEED();
}

}  // namespace
}  // namespace kmpack
