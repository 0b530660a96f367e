#include "sys/pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <mutex>
#include <vector>

namespace kmpack {
namespace {

TEST(RunJobs, RunsEveryIndexExactlyOnce) {
  std::vector<std::atomic<int>> runs(1000);
  run_jobs(runs.size(), 4, {}, [&](std::size_t i) { ++runs[i]; });
  EXPECT_TRUE(std::ranges::all_of(runs, [](const std::atomic<int>& count) { return count == 1; }));
}

TEST(RunJobs, RunsNothingWhenThereIsNothing) {
  run_jobs(0, 4, {}, [](std::size_t) { ADD_FAILURE(); });
}

TEST(RunJobs, NeverRunsMoreAtOnceThanItsWidth) {
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  run_jobs(200, 3, {}, [&](std::size_t) {
    const int running = ++now;
    int seen = most;
    while (running > seen && !most.compare_exchange_weak(seen, running)) {}
    --now;
  });
  EXPECT_LE(most, 3);
}

TEST(RunJobs, RunsAsManyAtOnceAsItsWidth) {
  // Each job waits for another one; with fewer threads this would never end.
  std::barrier<> meeting(2);
  std::atomic<int> ended = 0;
  run_jobs(4, 2, {}, [&](std::size_t) {
    meeting.arrive_and_wait();
    ++ended;
  });
  EXPECT_EQ(ended, 4);
}

TEST(RunJobs, StartsJobsInOrderOfTheirIndex) {
  std::vector<std::size_t> order;
  run_jobs(10, 1, {}, [&](std::size_t i) { order.push_back(i); });
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(RunJobs, StartsNoFurtherJobAfterAStopRequest) {
  std::stop_source stop;
  std::mutex mutex;
  std::vector<std::size_t> started;
  run_jobs(1000, 2, stop.get_token(), [&](std::size_t i) {
    const std::scoped_lock hold(mutex);
    started.push_back(i);
    if (i == 5) stop.request_stop();
  });
  EXPECT_GE(started.size(), 6U);
  EXPECT_LE(started.size(), 8U);
}

TEST(RunJobs, TakesAWidthOfZeroAsOne) {
  int runs = 0;
  run_jobs(3, 0, {}, [&](std::size_t) { ++runs; });
  EXPECT_EQ(runs, 3);
}

}  // namespace
}  // namespace kmpack
