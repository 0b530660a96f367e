#pragma once

#include <filesystem>
#include <optional>

#include "kmpack/names.hpp"

namespace kmpack {

/// The kernel's symbols where the tree has no Module.symvers: compressed beside it, or where the kernel's own package keeps them
/// below `root`.
///
/// Source:  Red Hat kernel.spec: lib/modules/KV/symvers.gz, .xz since EL 10; SUSE kernel-binary.spec.in: boot/symvers-KV.gz, or
///          usr/lib/modules/KV/symvers.gz.
std::optional<std::filesystem::path> packed_symvers(const std::filesystem::path& tree, const std::filesystem::path& root,
                                                    const KernelRelease& release);

/// Write the Module.symvers of a tree that has it in another place or compressed only: kbuild reads no other. Its date is that of
/// what it came from. False when there is none at all.
///
/// Errors:  compressed-damaged, compressed-too-large, file-unwritable.
bool unpack_symvers(const std::filesystem::path& tree, const std::filesystem::path& root, const KernelRelease& release);

}  // namespace kmpack
