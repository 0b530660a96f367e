#include "manifest/module_graph.hpp"

#include <iterator>
#include <map>
#include <string>

#include "manifest/fields.hpp"
#include "manifest/kernel_condition.hpp"

namespace kmpack {

Needs module_needs(const std::vector<ModuleSpec>& modules) {
  std::multimap<std::string, std::size_t> places;
  for (std::size_t i = 0; i < modules.size(); ++i) places.emplace(kernel_spelling(modules[i].name.str()), i);
  Needs needs(modules.size());
  for (std::size_t i = 0; i < modules.size(); ++i) {
    for (const ModuleName& used : modules[i].uses) {
      const auto [first, last] = places.equal_range(kernel_spelling(used.str()));
      for (auto place = first; place != last; ++place) {
        const bool alone = std::next(first) == last;
        if (alone || !exclude_each_other(modules[i].when, modules[place->second].when)) needs[i].push_back(place->second);
      }
    }
  }
  return needs;
}

DirectoryGraph directory_graph(const std::vector<ModuleSpec>& modules) {
  DirectoryGraph graph;
  std::map<std::filesystem::path, std::size_t> places;
  for (const ModuleSpec& module : modules) {
    const auto [place, fresh] = places.emplace(module.directory, places.size());
    if (fresh) graph.directories.push_back(module.directory);
    graph.of_module.push_back(place->second);
  }
  graph.needs.resize(graph.directories.size());
  const Needs modules_needed = module_needs(modules);
  for (std::size_t i = 0; i < modules.size(); ++i) {
    for (const std::size_t used : modules_needed[i]) {
      const std::size_t from = graph.of_module[i];
      const std::size_t to = graph.of_module[used];
      if (from != to) graph.needs[from].push_back(to);
    }
  }
  return graph;
}

}  // namespace kmpack
