#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "kmpack/cell.hpp"
#include "kmpack/dependency.hpp"
#include "kmpack/kernel.hpp"
#include "kmpack/module.hpp"
#include "package/model.hpp"

namespace kmpack {

/// What the packages of a cell hold beside what its build left.
struct RpmContext {
  std::filesystem::path certificate;              ///< of the modules' signatures, PEM or DER; empty: unsigned
  std::span<const BuiltDependency> dependencies;  ///< that the modules were built against
};

/// Every rpm of one cell, in the order they stand in a spec: the modules, then where they apply the package that follows the
/// newest kernel, the certificate, debug information and its sources.
///
/// Errors:  those of module_package_model, certificate-unreadable, file-unreadable.
std::vector<PackageModel> rpm_models(const Cell& cell, const HeaderTree& headers, std::span<const SealedModule> modules,
                                     const BuildRecord& build, const RpmContext& context);

}  // namespace kmpack
