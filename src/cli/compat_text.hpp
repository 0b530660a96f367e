#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/compat.hpp"

namespace kmpack {

/// `yes`, `if`, `no`: in tables and in JSON.
std::string_view word_of(Loads loads) noexcept;

/// In how many kernels all modules of a package load.
struct CompatTotals {
  std::string package;
  std::size_t modules = 0;
  std::size_t yes = 0;
  std::size_t conditionally = 0;  ///< no module is refused, and one has a condition
  std::size_t no = 0;
};

/// In the order in which packages come.
std::vector<CompatTotals> totals_of(const CompatReport& report);

/// A table of module, kernel, answer and reason, then a line for each package. What is the same for all kernels is one row, and
/// when all is the same, that is all there is to read.
std::string compat_text(const CompatReport& report, bool coloured);

/// The record of `compat --json`.
std::string to_json(const CompatReport& report);

}  // namespace kmpack
