#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "kmpack/dependency.hpp"
#include "package/model.hpp"

namespace kmpack {

/// What debs are made with besides the cell.
struct DebContext {
  std::filesystem::path certificate;              ///< of the modules' signatures, PEM or DER; empty: unsigned
  std::span<const BuiltDependency> dependencies;  ///< that the modules were built against
};

/// All debs of one cell: its modules first, then the flavor's meta package where the kernel is the newest of its series, then
/// for kernels that come in debs the symbols for debuggers.
///
/// Errors:  those of module_package_model and debug_symbols_model; certificate-unreadable.
std::vector<PackageModel> deb_models(const Cell& cell, const HeaderTree& headers, std::span<const SealedModule> modules,
                                     const BuildRecord& build, const DebContext& context);

}  // namespace kmpack
