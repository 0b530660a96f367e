#include "manifest/build_order.hpp"

#include "base/assert.hpp"
#include "manifest/module_graph.hpp"

namespace kmpack {

std::vector<BuildStep> build_order(const Manifest& manifest) {
  const DirectoryGraph graph = directory_graph(manifest.modules);
  const Ordering ordering = ordered(graph.needs);
  KMPACK_ASSERT(ordering.cycle.empty());
  std::vector<std::vector<ModuleName>> inside(graph.directories.size());
  for (std::size_t i = 0; i < manifest.modules.size(); ++i) inside[graph.of_module[i]].push_back(manifest.modules[i].name);
  std::vector<BuildStep> steps;
  steps.reserve(ordering.order.size());
  for (const std::size_t directory : ordering.order)
    steps.push_back({graph.directories[directory], std::move(inside[directory])});
  return steps;
}

}  // namespace kmpack
