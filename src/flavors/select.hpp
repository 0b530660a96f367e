#pragma once

#include <memory>
#include <span>
#include <vector>

#include "flavors/catalogue.hpp"
#include "kmpack/flavor.hpp"
#include "kmpack/kernel.hpp"

namespace kmpack {

/// Kernels, each shared by all cells it is part of.
using Kernels = std::vector<std::shared_ptr<const Kernel>>;

/// The kernels that the patterns mean, sorted by flavor and release, none twice.
///
/// Shape:   without `@` the newest kernel of every series; `@6.12` the newest of that series; any other `@RELEASE` each that
/// matches.
///          `.ARCH` left out means this machine's architecture, unless the flavor's name says another (debian-12/arm64).
/// Errors:  reports flavor-unknown (in no catalogue), flavor-absent (in a catalogue, but no kernel of it is available),
///          kernel-absent (the flavor is there, that release or series is not). A wildcard that found one kernel is content.
/// Threads: safe from many.
Kernels select_kernels(std::span<const FlavorPattern> patterns, std::span<const Catalogue> catalogues,
                       std::span<const std::shared_ptr<const Kernel>> available, Diagnostics& problems);

/// Does `pattern` mean this flavor? `catalogue` is the flavor's own; null for a flavor that is in none.
bool means_flavor(const FlavorPattern& pattern, const FlavorId& flavor, const Catalogue* catalogue) noexcept;

/// Architectures, in the distributions' spelling, of all catalogued flavors that the patterns mean; sorted.
std::vector<std::string> wanted_architectures(std::span<const FlavorPattern> patterns, std::span<const Catalogue> catalogues);

/// Sorted by flavor, those of one flavor oldest first: the order in which kernels are told everywhere.
Kernels in_order_of_age(Kernels kernels);

/// Oldest first: by the numbers in the releases.
bool older(const Kernel& left, const Kernel& right) noexcept;

}  // namespace kmpack
