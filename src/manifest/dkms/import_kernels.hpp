#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include "kmpack/kernel.hpp"
#include "kmpack/manifest.hpp"

namespace kmpack {

/// Some of the kernels that a dkms.conf was read for, by their positions.
using KernelSet = std::set<std::size_t>;

/// The patterns that mean exactly these of the kernels that count: `DIST/FLAVOR@SERIES` where it is all of a flavor and series,
/// else a pattern for each release. `counted` empty: all count.
std::vector<FlavorPattern> patterns_for(const KernelSet& kernels, const KernelSet& counted,
                                        std::span<const std::shared_ptr<const Kernel>> all, const SourceSpan& where);

/// The same for kernels that are left out: `DIST/FLAVOR` where it is the flavor and not the version that they are left out for,
/// so that a series nobody asked about is left out, too.
///
/// Shape:   it is the flavor when several of its series are left out and none is built, or when another flavor of that
/// distribution
///          and series is not left out.
std::vector<FlavorPattern> patterns_excluding(const KernelSet& kernels, const KernelSet& counted,
                                              std::span<const std::shared_ptr<const Kernel>> all, const SourceSpan& where);

/// A condition that holds for these of the kernels that count; no condition when it is all of them.
KernelCondition condition_for(const KernelSet& kernels, const KernelSet& counted,
                              std::span<const std::shared_ptr<const Kernel>> all, const SourceSpan& where);

}  // namespace kmpack
