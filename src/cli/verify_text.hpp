#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/json.hpp"

namespace kmpack {

/// One row for each report: what was looked at, how many checks passed, the first that failed.
std::string verify_table(std::span<const VerifiedKernel> kernels, bool coloured);
std::string verify_closing(std::span<const VerifiedKernel> kernels);
/// Everything found wrong or odd, in the order it was found.
std::vector<Diagnostic> problems_of(const VerifiedKernel& kernel);

}  // namespace kmpack
