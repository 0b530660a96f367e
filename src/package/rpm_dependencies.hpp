#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/symvers.hpp"
#include "kmpack/module.hpp"

namespace kmpack {

/// The two ways in which rpm distributions spell what modules need and offer.
enum class SymbolWorld {
  suse,   ///< ksym(default:printk) = 92997ed8
  redhat  ///< kernel(printk) = 0x92997ed8
};

/// Dependencies that the distributions' generators find in module files, found here in the facts that inspection read: no program
/// is run, and it does not matter which machine or kernel this is.
///
/// Shape:   each line as a spec takes it after its tag, sorted, none twice.
/// Source:  facts suse.md section 2, redhat.md section 1.5.
struct SymbolDependencies {
  std::vector<std::string> needs;
  std::vector<std::string> provides;
  std::vector<std::string> supplements;
};

/// `flavor` stands in SUSE's names only. A symbol that a module of the package exports is not needed from outside. One without
/// CRC (no MODVERSIONS, or nothing was recorded) gives no line, as its absence cannot be told from a match.
///
/// Shape:   redhat: kernel() where `kernel` exports it with the same CRC, else ksym(): another package's.
SymbolDependencies symbol_dependencies(SymbolWorld world, std::string_view flavor, std::span<const SealedModule> modules,
                                       const Symvers& kernel);

/// Those lines of what `modules` need that `others`, which are installed beside them, provide.
std::vector<std::string> symbols_needed_of(SymbolWorld world, std::string_view flavor, std::span<const SealedModule> modules,
                                           std::span<const ModuleFacts> others);

/// Aliases of which only one character differs become one with a class: `pci:a1`, `pci:a2` -> `pci:a[12]`.
///
/// Shape:   sorted input is not asked for; the result matches what the input did and nothing else.
std::vector<std::string> folded_aliases(std::vector<std::string> aliases);

}  // namespace kmpack
