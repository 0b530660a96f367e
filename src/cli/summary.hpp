#pragma once

#include <string>

#include "cli/console.hpp"
#include "pipeline/changes.hpp"
#include "pipeline/report.hpp"

namespace kmpack {

enum class Signing { none, with_key };

/// The table of a run: one row for each cell. Without a key every row says UNSIGNED.
std::string build_table(const Report& report, Signing signing, bool coloured);
/// The table of a plan.
void plan_table(const Plan& plan, bool coloured, const Write& write);

/// What is new, rebuilt or gone; kernels that are as they were are left out.
std::string change_table(const ChangeReport& report, bool coloured);

/// What is said last: how many, where the packages are; for failed cells the first error, the log, what to do next.
std::string closing_lines(const Report& report, bool coloured);

/// Exit status of a run: 130 when anything was cancelled, else that of what stopped the run, else 1 when a cell failed.
int exit_status(const Report& report) noexcept;
int exit_status(const Plan& plan) noexcept;
/// Exit status of problems that stopped a command: that of the first error.
int exit_status(const Diagnostics& problems) noexcept;
/// `plan --since` found a kernel to build for.
inline constexpr int kWorkToDo = 6;

}  // namespace kmpack
