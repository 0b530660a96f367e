#pragma once

#include "kmpack/module.hpp"
#include "pipeline/cell_work.hpp"
#include "pipeline/inputs.hpp"

namespace kmpack {

/// A cell's record without what is made of it yet.
CellRecord record_of(const CellWork& work, InputParts inputs);

/// From modules that the kernel takes to published packages and a complete record.
///
/// Errors:  those of signing, packing and writing; throws Rejected where the finished files are not right.
void finish(const CellWork& work, const BuildResult& built, CellRecord record, Outcome& outcome);

/// Put what a record tells of into the output directory and the outcome, with what all cells of the manifest have in common.
///
/// Errors:  file-unwritable, disk-full.
void publish(const CellWork& work, const CellRecord& record, Outcome& outcome);

}  // namespace kmpack
