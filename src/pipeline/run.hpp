#pragma once

#include <functional>
#include <span>
#include <vector>

#include "pipeline/report.hpp"
#include "pipeline/request.hpp"

namespace kmpack {

/// Decide what would be built and why; builds nothing, uses no network.
Plan plan(const Request& request, Context& context);

/// What a caller will not have built; what it reports ends the run before anything is.
using CheckCells = std::function<void(std::span<const Cell> cells, Diagnostics& problems)>;

/// The whole chain for every cell: headers, build, inspect, strip, sign, compress, package, verify, and the output directory with
/// report.json and logs/. One cell's failure never stops another.
///
/// Errors:  never throws for what a cell did; throws Error for the run as a whole (workspace in use, key unreadable).
/// Threads: one run per workspace (locked); inside, one thread per job.
Report build(const Request& request, Context& context, Progress& progress, const CheckCells& check = {});

}  // namespace kmpack
