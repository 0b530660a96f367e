#pragma once

#include <deque>
#include <filesystem>
#include <mutex>
#include <utility>

#include "inspect/symvers.hpp"
#include "kmpack/kernel.hpp"

namespace kmpack {

/// Symbols of the kernels that a run's cells are for: those of the last few, since a table has some megabytes and cells of one
/// kernel often follow each other.
///
/// Errors:  those of Symvers::read().
/// Threads: safe from many.
class KernelSymbols {
 public:
  Symvers of(const HeaderTree& headers);

 private:
  std::mutex mutex_;
  std::deque<std::pair<std::filesystem::path, Symvers>> known_;
};

}  // namespace kmpack
