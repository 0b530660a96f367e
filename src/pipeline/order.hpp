#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string_view>
#include <utility>
#include <vector>

#include "kmpack/cell.hpp"
#include "kmpack/dependency.hpp"
#include "kmpack/diagnostic.hpp"
#include "pipeline/report.hpp"

namespace kmpack {

/// Is every package that another one needs in this run, and does none need itself?
///
/// Errors:  reports dependency-missing, dependency-cycle.
void check_dependencies(std::span<const std::shared_ptr<const Manifest>> manifests, Diagnostics& problems);
/// The same of the manifests of cells: of a dkms.conf it is known only there what it needs.
void check_dependencies(std::span<const Cell> cells, Diagnostics& problems);

/// A package whose modules those of a cell need, as the run has it for the same kernel.
struct CellNeed {
  PackageName package;
  std::optional<std::size_t> cell;  ///< nothing: the run does not have that package for this kernel
};

/// By cell: what it needs, in the order of its manifest.
using CellNeeds = std::vector<std::vector<CellNeed>>;
CellNeeds needs_of(std::span<const Cell> cells);

/// Every cell once, after all that it needs. `needs` has no cycle.
std::vector<std::size_t> in_order(const CellNeeds& needs);

/// What became of a cell, as far as those ask that need it.
struct Fate {
  Status status = Status::cancelled;
  std::string_view reason;
};
using FateOf = std::function<Fate(std::size_t cell)>;

/// Why a cell cannot be made, by what became of those it needs: dependency-missing, dependency-excluded, dependency-failed.
///
/// Shape:   nothing when all are there, or when one was cancelled.
std::optional<Diagnostic> unmet_need(const Cell& cell, std::span<const CellNeed> needs, const FateOf& fate_of);

/// What a finished cell hands to those that need it.
///
/// Errors:  those of read_module_facts().
BuiltDependency built_dependency(const Cell& cell, const std::filesystem::path& symvers, std::span<const FinishedModule> modules);

/// Hands the cells of a run to its threads, each when all that it needs are finished.
///
/// Shape:   nobody waits while there is a cell that could be begun, so that any number of threads comes to an end. First come
///          those from whose beginning it takes longest until all that waits for them is done, then as the cells stand in the
///          run: a long cell begun last would keep one processor busy alone.
/// Threads: safe from many.
class CellTurns {
 public:
  /// `needs` has no cycle. `expected`: by cell, how long it will take; nothing: each as long as any other.
  explicit CellTurns(const CellNeeds& needs, std::span<const std::chrono::milliseconds> expected = {});
  /// Waits until there is one. Nothing when all have been handed out, or `stop` is requested.
  std::optional<std::size_t> next(const std::stop_token& stop);
  /// Whatever became of it.
  void finished(std::size_t cell);

 private:
  using Turn = std::pair<std::int64_t, std::size_t>;  ///< minus the time until all that waits for it is done, cell
  std::vector<std::size_t> open_;                     ///< by cell: needs that are not finished
  std::vector<std::vector<std::size_t>> waiting_;     ///< by cell: those that need it
  std::vector<std::int64_t> rank_;
  std::size_t left_;
  std::set<Turn> ready_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
};

}  // namespace kmpack
