#pragma once

#include <vector>

#include "kmpack/module.hpp"
#include "wrap/elf.hpp"

// Private to src/inspect.
namespace kmpack::detail {

/// Symbols that a module needs with the CRCs of __versions (and of __version_ext_crcs), sorted by name.
///
/// Source:  linux scripts/mod/modpost.c (add_versions, ignore_undef_symbol), kernel/module/version.c.
std::vector<NeededSymbol> needed_symbols(const ElfObject& elf);

/// Symbols that a module exports, sorted by name.
///
/// Source:  linux include/linux/export-internal.h; CRCs lie in __kcrctab, in older kernels in the value of an absolute symbol,
/// and
///          some toolchains leave them in other sections (changelog of Red Hat's kernel-srpm-macros, 1.0-11 to 1.0-13).
std::vector<ExportedSymbol> exported_symbols(const ElfObject& elf);

}  // namespace kmpack::detail
