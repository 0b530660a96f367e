#pragma once

#include <filesystem>
#include <string_view>

#include "kmpack/kernel.hpp"

namespace kmpack {

/// What a header tree's include/config/auto.conf, else its .config, says.
///
/// Errors:  file-unreadable, headers-unusable (neither file is there).
/// Threads: safe from many.
/// Source:  linux Documentation/kbuild/kconfig.rst; kernel/module/Kconfig for the compression options.
KernelConfig read_kernel_config(const std::filesystem::path& tree);
/// The same from the file's text.
KernelConfig parse_kernel_config(std::string_view text);

/// Errors: kernel-without-modules.
void require_modules(const KernelConfig& config, const Kernel& kernel);

}  // namespace kmpack
