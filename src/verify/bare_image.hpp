#pragma once

#include <filesystem>

#include "kmpack/kernel.hpp"

namespace kmpack {

/// A kernel without modules of its own, for trying packages beside a kernel whose image package is not known.
///
/// Shape:   `directory` gets the empty lists that scripts and depmod look for. What it cannot show is whether the kernel has a
///          module of the same name.
/// Errors:  file-unwritable, disk-full.
ImageTree bare_image(const Kernel& kernel, const std::filesystem::path& directory);

}  // namespace kmpack
