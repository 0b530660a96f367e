#pragma once

#include <filesystem>
#include <span>

#include "flavors/catalogue.hpp"
#include "flavors/select.hpp"

namespace kmpack {

/// The kernels that rpm and deb files on this disk have headers of; fetch_headers() then brings those into the store without any
/// network.
///
/// Shape:   each file is matched to a catalogue as a repository's package would be: to the first, of those that `wanted` means
///          when there are patterns. What a headers package needs must be among the files. A deb that no catalogue knows and
///          that has a whole tree, as `make bindeb-pkg` packs it, is of the distribution `given`.
/// Errors:  reports package-foreign (no headers of any kernel that is known, or not the architecture), headers-unusable (a part
///          is missing), rpm-unreadable, rpm-digest-wrong, deb-unreadable, deb-control-invalid, archive-unreadable.
/// Threads: safe from many.
Kernels local_kernels(std::span<const std::filesystem::path> files, std::span<const Catalogue> catalogues,
                      std::span<const FlavorPattern> wanted, Diagnostics& problems);

}  // namespace kmpack
