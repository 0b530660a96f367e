#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>

namespace kmpack {

/// Run `job(0) … job(count-1)` on at most `width` threads, in order of index. Returns when all have ended. After `stop` is
/// requested no further job starts. A job must not throw; what it finds is its record.
void run_jobs(std::size_t count, std::size_t width, std::stop_token stop, const std::function<void(std::size_t)>& job);

}  // namespace kmpack
