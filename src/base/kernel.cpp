#include "kmpack/kernel.hpp"

#include <algorithm>

namespace kmpack {

Compression packed_compression(const InstallRules& rules, const KernelConfig& config) noexcept {
  const bool read_there = rules.readable.empty() || std::ranges::find(rules.readable, config.compression) != rules.readable.end();
  return read_there ? config.compression : Compression::none;
}

}  // namespace kmpack
