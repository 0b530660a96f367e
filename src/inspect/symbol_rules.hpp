#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "inspect/symvers.hpp"
#include "kmpack/kernel.hpp"
#include "kmpack/module.hpp"

// Private to src/inspect: what the loader asks of one symbol, for those who judge builds and those who judge other kernels.
namespace kmpack::detail {

/// Who gives a symbol: the kernel, a module of the same package, or one of a package that this one needs.
struct Provider {
  std::string_view by;       ///< module name or path as the kernel writes it
  std::string_view package;  ///< the other package; empty: the kernel, or this one
  std::optional<std::uint32_t> crc;
  std::string_view symbol_namespace;
  bool gpl_only = false;
};

Provider provider_of(const KernelSymbol& symbol) noexcept;
Provider provider_of(const ModuleFacts& module, const ExportedSymbol& symbol) noexcept;

/// Is it the same version of the symbol? None is what kbuild writes as zero.
bool crc_agrees(const NeededSymbol& symbol, const Provider& provider) noexcept;

/// Source: linux include/linux/license.h.
bool licence_permits(const ModuleFacts& module, const Provider& provider) noexcept;

/// Source: linux kernel/module/main.c (verify_namespace_is_imported, verify_module_namespace).
bool namespace_imported(const ModuleFacts& module, const Provider& provider);

/// Does the kernel let a module pass that does not import the namespace of a symbol?
bool tolerates_missing_namespace(const KernelConfig& config);

/// The options that these rules and would_load() ask for. Whoever reads a configuration in part has all of them.
inline constexpr std::string_view kSignatureForced = "CONFIG_MODULE_SIG_FORCE";
inline constexpr std::string_view kForcedLoading = "CONFIG_MODULE_FORCE_LOAD";
inline constexpr std::string_view kMissingNamespace = "CONFIG_MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS";
inline constexpr std::array kDecidingOptions{kSignatureForced, kForcedLoading, kMissingNamespace};

/// Is a symbol of the configuration `y`?
bool is_set(const KernelConfig& config, std::string_view option);

}  // namespace kmpack::detail
