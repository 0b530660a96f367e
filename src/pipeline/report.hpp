#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kmpack/cell.hpp"
#include "kmpack/diagnostic.hpp"
#include "kmpack/failure.hpp"
#include "kmpack/module.hpp"
#include "kmpack/package.hpp"

namespace kmpack {

enum class Status { built, cached, compatible, excluded, failed, cancelled };

/// A module as it lies in the packages of its cell.
struct FinishedModule {
  ModuleName name;
  std::filesystem::path path;  ///< in the workspace
  std::string sha256;
  std::string signed_by;  ///< empty: UNSIGNED
};

/// What became of one cell.
struct Outcome {
  Cell cell;
  Status status = Status::cancelled;
  std::string reason;                ///< why excluded, why failed (one line)
  std::vector<Diagnostic> problems;  ///< of a failed cell, whole
  std::optional<Failure> failure;    ///< of a failed or excluded cell
  std::vector<FinishedModule> modules;
  std::vector<PackageFile>
      packages;                   ///< in the output directory: the module package, the flavor meta, the common package it needs
  std::filesystem::path symvers;  ///< in the workspace: what the modules export, for cells that need them
  std::filesystem::path log;      ///< empty when nothing ran
  std::chrono::milliseconds wall{};
  std::chrono::milliseconds build{};  ///< that make and the manifest's commands ran; zero where nobody knows
};

/// A whole run. `problems` holds what was wrong before any cell could start (manifest, flavor, environment); then `cells` may be
/// empty.
struct Report {
  std::vector<Outcome> cells;
  Diagnostics problems;
  std::filesystem::path output;
};

/// What a run would do. A plan may have a million cells, so each tells its verdict itself, and only what failed has more to say.
struct Plan {
  std::vector<Cell> cells;
  std::map<std::size_t, Outcome> failed;  ///< by cell: those that cannot even be begun
  Diagnostics problems;                   ///< as of a Report
};

/// Steps of a cell in the order they happen, for the live view.
enum class Step { waiting, headers, compiling, inspecting, signing, packing, verifying, done };

/// Told of a run's progress. Calls come from many threads, one at a time.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void planned(const std::vector<Cell>& cells) = 0;
  virtual void message(const std::string& line) = 0;  ///< "fetching linux-headers-… (8.4 MB)"
  virtual void step(std::size_t cell, Step step) = 0;
  virtual void finished(std::size_t cell, const Outcome& outcome) = 0;
};

}  // namespace kmpack
