#pragma once

#include <filesystem>
#include <vector>

#include "kmpack/manifest.hpp"
#include "manifest/graph.hpp"

namespace kmpack {

/// Which module uses which, by position in `modules`. Names that are not there are left out; of several modules of one name, it
/// is each that there can be for the same kernel.
Needs module_needs(const std::vector<ModuleSpec>& modules);

struct DirectoryGraph {
  std::vector<std::filesystem::path> directories;  ///< as they first appear
  std::vector<std::size_t> of_module;              ///< directory of each module
  Needs needs;                                     ///< between directories; what stays inside of one is left out
};

DirectoryGraph directory_graph(const std::vector<ModuleSpec>& modules);

}  // namespace kmpack
