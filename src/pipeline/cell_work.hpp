#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <vector>

#include "kmpack/cell.hpp"
#include "kmpack/dependency.hpp"
#include "kmpack/diagnostic.hpp"
#include "pipeline/record.hpp"
#include "pipeline/report.hpp"
#include "pipeline/workshop.hpp"

namespace kmpack {

/// One cell on its way: what every step of it is given.
struct CellWork {
  const Cell& cell;
  Workshop& workshop;
  const HeaderTree& headers;
  const std::function<void(Step)>& step;
  const std::stop_token& stop;
  std::filesystem::path home;                 ///< the cell's directory in the workspace
  std::vector<BuiltDependency> dependencies;  ///< of its manifest, in its order

  [[nodiscard]] std::filesystem::path log() const { return home / "build.log"; }
  [[nodiscard]] std::filesystem::path record() const { return record_file(workshop.workspace.directory(), cell); }
};

/// Problems that make a cell fail although no single one stopped the work.
struct Rejected {
  Diagnostics problems;
};

}  // namespace kmpack
