#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
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

/// Names as CONFIG_SMP.
using OptionNames = std::set<std::string, std::less<>>;
/// With KernelConfig::options of these names only, many times faster; its other members are as ever.
KernelConfig read_kernel_config(const std::filesystem::path& tree, const OptionNames& wanted);
KernelConfig parse_kernel_config(std::string_view text, const OptionNames& wanted);

/// Errors: kernel-without-modules.
void require_modules(const KernelConfig& config, const Kernel& kernel);

}  // namespace kmpack
