#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "kmpack/names.hpp"

namespace kmpack {

/// One thing that was looked at. `name` is a stable slug for JSON; `detail` says what was seen.
struct Check {
  std::string name;
  bool ok = false;
  std::string detail;
};

/// What verification found about one package, or about the packages of one kernel together.
struct VerifyReport {
  std::vector<std::filesystem::path> packages;
  KernelRelease release;      ///< empty for a package without modules
  std::vector<Check> checks;  ///< in the order they were made
  Diagnostics problems;       ///< every check that failed, and warnings

  [[nodiscard]] bool ok() const noexcept { return problems.ok(); }
  void pass(std::string name, std::string detail);
  /// Records the failed check and reports the problem.
  void fail(std::string name, Diagnostic problem);
};

}  // namespace kmpack
