#pragma once

#include <functional>
#include <span>
#include <stop_token>

#include "pipeline/report.hpp"
#include "pipeline/workshop.hpp"

namespace kmpack {

/// Take one cell from headers to published, verified packages. `needed` are the finished cells of packages that this one needs,
/// in the order of its manifest.
///
/// Errors:  throws nothing but std::bad_alloc: what went wrong is the outcome. A stop makes it Status::cancelled.
/// Threads: safe from many, one call for each cell.
Outcome run_cell(const Cell& cell, std::span<const Outcome* const> needed, Workshop& workshop,
                 const std::function<void(Step)>& step, const std::stop_token& stop);

/// A cell that cannot be begun.
Outcome failed_cell(const Cell& cell, Diagnostic problem);

}  // namespace kmpack
