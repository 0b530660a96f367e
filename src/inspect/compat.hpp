#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "inspect/symvers.hpp"
#include "kmpack/kernel.hpp"
#include "kmpack/module.hpp"

namespace kmpack {

/// What a kernel looks at before it takes a module, as far as it is known here.
struct LoadingKernel {
  std::string name;                            ///< its id, or the file that stands for it
  KernelRelease release;                       ///< empty: not known
  std::shared_ptr<const KernelConfig> config;  ///< null: only the symbols are known
  Symvers symbols;
  std::optional<std::uint64_t> struct_module_size;  ///< in bytes, where something built for it is at hand
};

enum class Loads { yes, conditionally, no };

/// The first thing that decides.
struct CompatAnswer {
  Loads loads = Loads::yes;
  std::string_view rule;  ///< symbol-crc, symbol-missing, vermagic, struct-module-size, namespace, gpl-only, signature, …
  std::string reason;     ///< one line; empty for a plain yes
  std::string symbol;     ///< where one decides
  std::optional<std::uint32_t> needed_crc;
  std::optional<std::uint32_t> found_crc;
};

/// Would the kernel load the module, with `companions` (the other modules of its package) loaded as it needs them?
///
/// Threads: safe from many.
/// Source:  linux kernel/module/main.c, kernel/module/version.c; facts redhat.md section 5.
CompatAnswer would_load(const ModuleFacts& module, std::span<const ModuleFacts> companions, const LoadingKernel& kernel);

}  // namespace kmpack
