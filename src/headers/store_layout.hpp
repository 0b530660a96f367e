#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "kmpack/kernel.hpp"

namespace kmpack {

/// Where things lie in the header store; see store.hpp.

/// What cannot be looked at is not there either.
bool is_there(const std::filesystem::path& path) noexcept;

std::filesystem::path store_directory(const std::filesystem::path& cache);
std::filesystem::path package_directory(const std::filesystem::path& cache, const ArchivePackage& package);

/// The packages that make up the kernel's headers. Empty for a tree that came from elsewhere.
std::vector<ArchivePackage> header_packages(const Kernel& kernel);

/// Digest over those packages' digests; also what HeaderTree::digest is for a kernel of the store.
std::string set_digest(const Kernel& kernel);
std::filesystem::path set_directory(const std::filesystem::path& cache, const Kernel& kernel);

/// Is it an .rpm? Else it is a .deb.
bool is_rpm(const ArchivePackage& package) noexcept;

/// The directory below an unpacked root in which the kernel's .config and Module.symvers lie; empty when there is none.
///
/// Source:  Debian: usr/src/linux-headers-K; Red Hat kernel.spec: usr/src/kernels/K; SUSE kernel-binary.spec.in:
///          usr/src/linux-V-obj/<cpu>/<flavor>.
std::filesystem::path tree_below(const std::filesystem::path& root, const KernelRelease& release);

/// Every directory below a root where one of those trees might be, sorted; not all are trees.
std::vector<std::filesystem::path> possible_trees(const std::filesystem::path& root);

/// When the kernel's set is in the store: sets its origin, tree and root. False when it is not.
bool place_in_store(const std::filesystem::path& cache, Kernel& kernel);

}  // namespace kmpack
