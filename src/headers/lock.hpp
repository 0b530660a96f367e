#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "flavors/catalogue.hpp"
#include "flavors/select.hpp"
#include "headers/find.hpp"

namespace kmpack {

/// kmpack.lock: the exact kernels and packages of a run, so that it can be repeated, offline too.

/// Write the lock, sorted, one line per fact. Kernels with nothing to fetch (given or installed trees) cannot be locked.
///
/// Errors:  kernel-not-lockable, file-unwritable.
void write_lock(const std::filesystem::path& file, std::span<const std::shared_ptr<const Kernel>> kernels);

/// The kernels of a lock, and no others; those whose set is in the store have their tree.
///
/// Errors:  lock-invalid (with its line), file-unreadable. Reports flavor-unknown for a distribution no catalogue has any more.
Kernels read_lock(const std::filesystem::path& file, const HeaderSources& sources, std::span<const Catalogue> catalogues,
                  Diagnostics& problems);

}  // namespace kmpack
