#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "flavors/select.hpp"
#include "kmpack/cell.hpp"

namespace kmpack {

/// A manifest and the kernels selected for it.
struct Wanted {
  std::shared_ptr<const Manifest> manifest;
  Kernels kernels;
};

/// The configuration of a kernel, or null when its headers are not on this disk. Asked once per kernel and call of plan_cells;
/// the answer is used up before the next question.
using ConfigOf = std::function<const KernelConfig*(const Kernel&)>;

/// Every manifest x each of its kernels with a verdict: build, or excluded and why (the manifest's exclude, its range, a CONFIG
/// option, a kernel without loadable modules, no module that is for this kernel). Sorted by manifest name, flavor and release.
///
/// Shape:   a kernel whose configuration is unknown is not excluded by it. newest_of_series is the newest kernel that is not
///          excluded. Each cell's manifest is the one for its kernel; cells for which it is the same share it.
/// Errors:  reports kernels-none when a manifest wants no kernel at all.
/// Threads: safe from many, as far as `config_of` is.
std::vector<Cell> plan_cells(std::span<const Wanted> wanted, const ConfigOf& config_of, Diagnostics& problems);

}  // namespace kmpack
