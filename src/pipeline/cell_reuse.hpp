#pragma once

#include <filesystem>

#include "pipeline/cell_work.hpp"
#include "pipeline/inputs.hpp"
#include "pipeline/reuse.hpp"

namespace kmpack {

/// Take the modules of another kernel's build, as the user allowed: by a package of their own, or, where the target links modules
/// of one kernel to others, by that kernel's. False, with a warning in the outcome, where they are not to be had.
///
/// Errors:  those of finish().
bool reuse_build(const CellWork& work, const CompatibleBuild& other, const InputParts& inputs,
                 const std::filesystem::path& scratch, Outcome& outcome);

}  // namespace kmpack
