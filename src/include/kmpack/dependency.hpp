#pragma once

#include <filesystem>
#include <vector>

#include "kmpack/cell.hpp"
#include "kmpack/module.hpp"

namespace kmpack {

/// What a package that another one needs has left for it, for the same kernel.
struct BuiltDependency {
  Cell cell;
  std::filesystem::path symvers;     ///< Module.symvers of its build; an empty file where it exports nothing
  std::vector<ModuleFacts> modules;  ///< of the finished files, those that are installed
};

}  // namespace kmpack
