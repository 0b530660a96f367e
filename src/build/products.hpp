#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "kmpack/cell.hpp"
#include "kmpack/module.hpp"
#include "manifest/build_order.hpp"

namespace kmpack {

/// The module files that the manifest names, found below the source root after all kbuilds; what else was built goes to
/// `warnings`.
///
/// Shape:   a module lies in its step's directory, or in one place below it; `-` and `_` in its name are the same, as for the
/// kernel. Errors:  module-not-built, module-ambiguous. Source:  linux scripts/Makefile.lib (modname), kernel/module (names
/// compared with `-` as `_`).
std::vector<BuiltModule> find_modules(const Cell& cell, std::span<const BuildStep> steps, const std::filesystem::path& root,
                                      std::vector<Diagnostic>& warnings);

/// The Module.symvers of several directories as one, sorted, with module paths relative to the source root.
std::string merged_symvers(std::span<const std::filesystem::path> files, const std::filesystem::path& root);

}  // namespace kmpack
