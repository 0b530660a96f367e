#include "sys/pool.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace kmpack {

void run_jobs(std::size_t count, std::size_t width, std::stop_token stop, const std::function<void(std::size_t)>& job) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    while (!stop.stop_requested()) {
      const std::size_t index = next++;
      if (index >= count) return;
      job(index);
    }
  };
  std::vector<std::jthread> threads;
  const std::size_t used = std::clamp<std::size_t>(width, 1, std::max<std::size_t>(count, 1));
  for (std::size_t i = 1; i < used; ++i) threads.emplace_back(work);
  work();
}

}  // namespace kmpack
