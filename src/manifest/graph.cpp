#include "manifest/graph.hpp"

#include <algorithm>
#include <functional>
#include <queue>

namespace kmpack {
namespace {

/// Every node that is left needs one that is left, so following such needs must come back to a node seen before.
std::vector<std::size_t> cycle_among(const Needs& needs, const std::vector<std::size_t>& waiting) {
  const auto left = [&](std::size_t node) { return waiting[node] > 0; };
  const auto start = std::ranges::find_if(waiting, [](std::size_t count) { return count > 0; });
  if (start == waiting.end()) return {};
  std::vector<std::size_t> path;
  std::vector<bool> seen(needs.size());
  auto node = static_cast<std::size_t>(start - waiting.begin());
  while (!seen[node]) {
    seen[node] = true;
    path.push_back(node);
    node = *std::ranges::find_if(needs[node], left);
  }
  path.erase(path.begin(), std::ranges::find(path, node));
  return path;
}

}  // namespace

Ordering ordered(const Needs& needs) {
  std::vector<std::size_t> waiting(needs.size());
  Needs needed_by(needs.size());
  for (std::size_t node = 0; node < needs.size(); ++node) {
    waiting[node] = needs[node].size();
    for (const std::size_t before : needs[node]) needed_by[before].push_back(node);
  }
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t node = 0; node < needs.size(); ++node) {
    if (waiting[node] == 0) ready.push(node);
  }
  Ordering result;
  while (!ready.empty()) {
    const std::size_t node = ready.top();
    ready.pop();
    result.order.push_back(node);
    for (const std::size_t after : needed_by[node]) {
      if (--waiting[after] == 0) ready.push(after);
    }
  }
  result.cycle = cycle_among(needs, waiting);
  return result;
}

}  // namespace kmpack
