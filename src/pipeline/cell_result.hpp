#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "kmpack/module.hpp"
#include "pipeline/cell_work.hpp"

namespace kmpack {

/// What the cell's result is kept under; empty where nobody can say who would compile it.
///
/// Errors:  file-unreadable (symbols of a dependency).
std::string result_key(const CellWork& work);

/// What was compiled before, here or by whoever shares the cache, put below `scratch`, with its log in the place of ours. Damage
/// is told of in the outcome.
std::optional<BuildResult> take_result(const CellWork& work, const std::string& key, const std::filesystem::path& scratch,
                                       Outcome& outcome);

/// For runs to come. That it could not be kept is told of in the outcome, and no error.
void keep_result(const CellWork& work, const std::string& key, const BuildResult& built, Outcome& outcome);

/// Compile below `scratch`, and strip.
///
/// Errors:  those of build_modules() and strip_module().
BuildResult make_result(const CellWork& work, const std::filesystem::path& scratch);

}  // namespace kmpack
