#include "sys/lock.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <utility>

#include "sys/files.hpp"

namespace kmpack {
namespace {

TEST(FileLock, IsRefusedWhileAnotherHoldsItAndNamesTheHolder) {
  const TempDir place;
  const auto file = place.path() / "deep/er/lock";
  const auto first = FileLock::attempt(file);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(lock_holder(file), ::getpid());
  EXPECT_FALSE(FileLock::attempt(file).has_value());
}

TEST(FileLock, IsGivenBackAtTheEndOfItsScope) {
  const TempDir place;
  const auto file = place.path() / "lock";
  { const auto held = FileLock::attempt(file); }
  EXPECT_TRUE(FileLock::attempt(file).has_value());
}

TEST(FileLock, StaysHeldWhenMoved) {
  const TempDir place;
  const auto file = place.path() / "lock";
  auto first = FileLock::attempt(file);
  ASSERT_TRUE(first.has_value());
  const FileLock second = std::move(*first);
  first.reset();
  EXPECT_FALSE(FileLock::attempt(file).has_value());
}

TEST(FileLock, WaitsForTheHolder) {
  const TempDir place;
  const auto file = place.path() / "lock";
  std::atomic<bool> released = false;
  auto held = std::optional<FileLock>(FileLock::wait(file));
  std::jthread waiter([&] {
    const FileLock mine = FileLock::wait(file);
    EXPECT_TRUE(released);
  });
  released = true;
  held.reset();
}

TEST(LockHolder, IsZeroForAFileWithoutAPid) {
  const TempDir place;
  write_file(place.path() / "lock", "");
  EXPECT_EQ(lock_holder(place.path() / "lock"), 0);
}

}  // namespace
}  // namespace kmpack
