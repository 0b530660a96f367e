#pragma once

#include <span>

#include "headers/find.hpp"
#include "kmpack/kernel.hpp"

namespace kmpack {

/// See that these packages are in the store, unpacked: what is missing is downloaded in one go, verified and unpacked. The caller
/// holds the store's lock.
///
/// Errors:  package-digest-mismatch, download-failed, headers-absent (something is missing and may_download() is not so),
///          archive-hostile, archive-unreadable, disk-full, file-unwritable. Throws Cancelled.
void ensure_packages(const HeaderSources& sources, std::span<const ArchivePackage> packages, const Errands& errands);

/// Remove what killed runs left half done, and shared files that are of no use any more. The caller holds the store's lock.
void sweep_store(const std::filesystem::path& cache);

}  // namespace kmpack
