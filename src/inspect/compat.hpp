#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "headers/config.hpp"
#include "inspect/symvers.hpp"
#include "kmpack/kernel.hpp"
#include "kmpack/module.hpp"

namespace kmpack {

/// What a kernel looks at before it takes a module, as far as it is known here.
struct LoadingKernel {
  std::string name;                            ///< its id, or the file that stands for it
  KernelRelease release;                       ///< empty: not known
  std::uint16_t elf_machine = 0;               ///< 0: not known
  std::shared_ptr<const KernelConfig> config;  ///< null: only the symbols are known
  std::string vermagic;                        ///< the whole line, as its own modules bear it; empty: not known
  Symvers symbols;
  std::optional<std::uint64_t> struct_module_size;  ///< in bytes, where something built for it is at hand; only where compared
};

/// All that would_load() wants to know of a kernel whose headers are here.
///
/// Shape:   the vermagic is that of the tree's own linux/vermagic.h under its configuration; the size of struct module is in the
///          BTF of a vmlinux beside the headers, where the kernel compares it and the distribution ships one (Debian does).
/// Errors:  file-unreadable.
/// Threads: safe from many.
LoadingKernel loading_kernel(HeaderTree headers, Symvers symbols);

/// The options of a kernel's configuration that loading_kernel() and would_load() ask for. The others need not be in it.
///
/// Errors:  file-unreadable.
/// Threads: safe from many.
OptionNames deciding_options(const HeaderTree& headers);

/// Does this kernel refuse a module whose struct module has another size than its own?
///
/// Source:  linux kernel/module/main.c (elf_validity_cache_copy), since 6.4; facts redhat.md section 5.3.
bool compares_struct_module(const KernelRelease& release);

enum class Loads { yes, conditionally, no };

/// The first thing that decides.
struct CompatAnswer {
  Loads loads = Loads::yes;
  std::string_view rule;  ///< symbol-crc, symbol-missing, vermagic, struct-module-size, namespace, gpl-only, signature, …
  std::string reason;     ///< one line; empty for a plain yes; for conditionally: what must hold, after "if"
  std::string symbol;     ///< where one decides
  std::optional<std::uint32_t> needed_crc;
  std::optional<std::uint32_t> found_crc;
  std::vector<std::string_view> conditions;  ///< the rule of every condition, told in the reason or not; only for conditionally
};

/// What is known of a module's signature beyond that it is there.
enum class Trust {
  unknown,    ///< which keys the kernel trusts is not known here
  trusted,    ///< it holds against a certificate that the kernel trusts
  other_key,  ///< it is of another key than those
  broken      ///< it does not fit the module
};

/// What modules that come together give each other, looked up by name. The modules must outlive it.
///
/// Threads: safe from many once made.
class CompanionSymbols {
 public:
  struct Export {
    const ModuleFacts* module = nullptr;
    const ExportedSymbol* symbol = nullptr;
  };
  explicit CompanionSymbols(std::span<const ModuleFacts> modules);
  explicit CompanionSymbols(std::span<const ModuleFacts* const> modules);
  /// In the order of the modules.
  [[nodiscard]] std::span<const Export> of(std::string_view name) const noexcept;

 private:
  void add(const ModuleFacts& module);
  std::unordered_map<std::string_view, std::vector<Export>> exports_;
};

/// Would the kernel load the module, with `companions` (the other modules of its package; the module itself may be among them)
/// loaded as it needs them?
///
/// Shape:   what forbids it comes before what it depends on. Of several symbols the first by name is told, module_layout before
///          all. What only makes the kernel warn (no retpolines, staging, out of tree) is not asked.
/// Threads: safe from many.
/// Source:  linux kernel/module/main.c (same_magic, check_modinfo, resolve_symbol, verify_exported_symbols,
///          elf_validity_cache_copy), kernel/module/version.c (check_version), kernel/module/signing.c; facts redhat.md
///          section 5.
CompatAnswer would_load(const ModuleFacts& module, const CompanionSymbols& companions, const LoadingKernel& kernel,
                        Trust trust = Trust::unknown);
CompatAnswer would_load(const ModuleFacts& module, std::span<const ModuleFacts> companions, const LoadingKernel& kernel,
                        Trust trust = Trust::unknown);

/// Modules of the kernel's own (as Module.symvers writes them: drivers/acpi/video) whose symbols the module needs; sorted.
std::vector<std::string> kernel_modules_needed(const ModuleFacts& module, const LoadingKernel& kernel);

}  // namespace kmpack
