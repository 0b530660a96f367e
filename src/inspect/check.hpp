#pragma once

#include <span>

#include "inspect/symvers.hpp"
#include "kmpack/dependency.hpp"
#include "kmpack/diagnostic.hpp"
#include "kmpack/kernel.hpp"
#include "kmpack/module.hpp"

namespace kmpack {

/// Decide whether the modules of one package would load in one kernel; every violation is reported, and no package may be made
/// then.
///
/// Shape:   all modules the package brings, with the header tree and the symbols of the kernel they were built for. Checked are
/// the
///          vermagic's release, the machine, every needed symbol with its CRC, namespace and licence, and module names. What the
///          modules of `dependencies` export is there as well.
/// Errors:  none thrown; reported are module-wrong-kernel, module-wrong-architecture, symbol-unresolved, symbol-crc-differs,
///          symbol-crc-missing, symbol-namespace, symbol-gpl-only, symbol-exported-twice (a warning among modules of packages),
///          module-duplicate-built and the warning module-in-tree.
/// Threads: safe from many threads.
/// Source:  linux kernel/module/main.c (check_modinfo, resolve_symbol, verify_namespace_is_imported), kernel/module/version.c.
Diagnostics check_modules(std::span<const ModuleFacts> package_modules, const HeaderTree& headers, const Symvers& kernel_symbols,
                          std::span<const BuiltDependency> dependencies = {});

}  // namespace kmpack
