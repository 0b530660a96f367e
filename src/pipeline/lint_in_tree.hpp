#pragma once

#include <span>
#include <string>

#include "kmpack/diagnostic.hpp"
#include "kmpack/kernel.hpp"
#include "kmpack/manifest.hpp"

namespace kmpack {

/// A kernel whose own modules can be looked at.
struct SeenKernel {
  std::string id;
  ImageTree image;
};

/// Modules of a package that kernels bring themselves.
///
/// Errors:  warns lint-module-in-tree, once for each module: with both versions, and the kernels.
/// Source:  depmod.d(5), linux kernel/module (of modules of one name the first in depmod's search order is loaded).
void lint_in_tree(const Manifest& manifest, std::span<const SeenKernel> kernels, Diagnostics& problems);

}  // namespace kmpack
