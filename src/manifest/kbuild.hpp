#pragma once

#include <filesystem>
#include <optional>

#include "kmpack/manifest.hpp"

namespace kmpack {

/// What a bare kbuild directory tells of a module package, read as text and never run.
///
/// Shape:   modules from `obj-m` and `obj-$(CONFIG_X)` of Kbuild, else Makefile, and of the directories these name; licence,
/// version, summary
///          and author from MODULE_ macros and SPDX lines of the C sources. Kernels stay empty: the caller's --flavor decides.
/// Errors:  reports kbuild-no-modules, kbuild-unclear; warns kbuild-conditional, kbuild-guess, kbuild-subdirectory.
/// Threads: safe from many.
/// Source:  linux Documentation/kbuild/modules.rst, Documentation/kbuild/makefiles.rst, Documentation/process/license-rules.rst.
std::optional<Manifest> manifest_from_kbuild(const std::filesystem::path& directory, Diagnostics& problems);

}  // namespace kmpack
