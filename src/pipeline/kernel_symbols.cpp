#include "pipeline/kernel_symbols.hpp"

#include <algorithm>

namespace kmpack {

Symvers KernelSymbols::of(const HeaderTree& headers) {
  constexpr std::size_t kKept = 8;
  const std::scoped_lock lock(mutex_);
  const auto known = std::ranges::find(known_, headers.symvers, &std::pair<std::filesystem::path, Symvers>::first);
  if (known != known_.end()) return known->second;
  known_.emplace_back(headers.symvers, Symvers::read(headers.symvers));
  if (known_.size() > kKept) known_.pop_front();
  return known_.back().second;
}

}  // namespace kmpack
