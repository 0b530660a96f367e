#pragma once

#include <cstddef>
#include <vector>

namespace kmpack {

/// For each node the nodes that must come before it.
using Needs = std::vector<std::vector<std::size_t>>;

struct Ordering {
  std::vector<std::size_t> order;  ///< every node that can be ordered, the lowest possible number first
  std::vector<std::size_t> cycle;  ///< nodes that need each other in turn; empty when all could be ordered
};

/// Linear in nodes and edges (times a logarithm); no recursion, so a long chain is no danger.
Ordering ordered(const Needs& needs);

}  // namespace kmpack
