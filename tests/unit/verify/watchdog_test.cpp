#include "verify/watchdog.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "sys/files.hpp"

namespace kmpack {
namespace {

using namespace std::chrono_literals;

bool stopped_within(const std::stop_token& token, std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!token.stop_requested() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(5ms);
  return token.stop_requested();
}

TEST(FirstByteWatchdog, BarksAtAFileThatStaysEmpty) {
  const TempDir directory;
  write_file(directory.path() / "serial", "");
  FirstByteWatchdog watchdog{directory.path() / "serial", 50ms, {}};
  EXPECT_TRUE(stopped_within(watchdog.token(), 10s));
  EXPECT_TRUE(watchdog.barked());
}

TEST(FirstByteWatchdog, BarksAtAFileThatNeverComes) {
  const TempDir directory;
  FirstByteWatchdog watchdog{directory.path() / "absent", 50ms, {}};
  EXPECT_TRUE(stopped_within(watchdog.token(), 10s));
}

TEST(FirstByteWatchdog, IsQuietAfterTheFirstByte) {
  const TempDir directory;
  write_file(directory.path() / "serial", "S");
  FirstByteWatchdog watchdog{directory.path() / "serial", 50ms, {}};
  EXPECT_FALSE(stopped_within(watchdog.token(), 300ms));
  EXPECT_FALSE(watchdog.barked());
}

TEST(FirstByteWatchdog, PassesOnAStopFromOutsideWithoutBarking) {
  const TempDir directory;
  std::stop_source outer;
  FirstByteWatchdog watchdog{directory.path() / "absent", 1h, outer.get_token()};
  outer.request_stop();
  EXPECT_TRUE(watchdog.token().stop_requested());
  EXPECT_FALSE(watchdog.barked());
}

}  // namespace
}  // namespace kmpack
