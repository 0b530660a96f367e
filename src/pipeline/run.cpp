#include "pipeline/run.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "headers/store.hpp"
#include "pipeline/cell_run.hpp"
#include "pipeline/choice.hpp"
#include "pipeline/inputs.hpp"
#include "pipeline/prepare.hpp"
#include "pipeline/sign_packages.hpp"
#include "sys/pool.hpp"

namespace kmpack {
namespace {

constexpr std::string_view kNothing;

unsigned job_count(const Request& request) {
  return request.jobs != 0 ? request.jobs : std::max(1U, std::thread::hardware_concurrency());
}

Jobserver make_jobserver(const Request& request, Context& context, Diagnostics& problems) {
  const char* const makeflags = std::getenv("MAKEFLAGS");
  return Jobserver::join_or_serve(makeflags == nullptr ? kNothing : makeflags, job_count(request),
                                  find_make_version(context.runner, context.stop), problems);
}

Outcome not_run(const Cell& cell) {
  const bool excluded = cell.verdict == Verdict::excluded;
  return {.cell = cell, .status = excluded ? Status::excluded : Status::cancelled, .reason = cell.reason};
}

/// One caller at a time, whatever thread a cell is on.
class SharedProgress {
 public:
  explicit SharedProgress(Progress& progress) : progress_(progress) {}
  void step(std::size_t cell, Step step) {
    const std::scoped_lock lock(mutex_);
    progress_.step(cell, step);
  }
  void finished(std::size_t cell, const Outcome& outcome) {
    const std::scoped_lock lock(mutex_);
    progress_.finished(cell, outcome);
  }

 private:
  Progress& progress_;
  std::mutex mutex_;
};

}  // namespace

Report plan(const Request& request, Context& context) {
  Report report{.output = request.output};
  // Read everything the user wrote; report every mistake at once.
  const Inputs inputs = read_inputs(request, Manifests::needed, context, report.problems);
  if (!report.problems.ok()) return report;
  // Decide with what is known on this disk; a plan asks nobody else.
  const HeaderSources sources = header_sources(request, Metadata::stored);
  const Errands errands{.runner = context.runner, .stop = context.stop};
  const Kernels available = available_kernels(request, inputs, sources, errands, report.problems);
  const std::vector<Wanted> wanted = wanted_kernels(request, inputs, available, report.problems);
  std::vector<Cell> cells = plan_cells(wanted, stored_configs(sources), report.problems);
  // A cell that an earlier run finished with the same inputs is not built again.
  const std::optional<OpenPgpKey> package_key = find_package_key(request, context);
  mark_cached(cells, request, sources, package_key ? &*package_key : nullptr);
  for (const Cell& cell : cells) {
    const Status status = cell.verdict == Verdict::excluded ? Status::excluded
                          : cell.verdict == Verdict::cached ? Status::cached
                                                            : Status::built;
    report.cells.push_back({.cell = cell, .status = status, .reason = cell.reason});
  }
  return report;
}

Report build(const Request& request, Context& context, Progress& progress) {
  const Output output(request.output);
  const Workspace workspace(request.places.workspace);
  Report report{.output = output.directory()};
  // Read everything the user wrote; report every mistake at once.
  const Inputs inputs = read_inputs(request, Manifests::needed, context, report.problems);
  if (!report.problems.ok()) return report;
  const std::optional<SigningKey> key = load_key(request);
  const std::optional<OpenPgpKey> package_key = find_package_key(request, context);
  // Find the kernels that exist and choose those that are wanted.
  const HeaderSources sources =
      header_sources(request, request.network == Network::offline ? Metadata::stored : Metadata::recent);
  const Errands errands{context.runner, context.stop, [&](const std::string& line) { progress.message(line); }};
  const Kernels available = available_kernels(request, inputs, sources, errands, report.problems);
  const std::vector<Wanted> wanted = wanted_kernels(request, inputs, available, report.problems);
  if (!report.problems.ok()) return report;
  // Fetch the headers of what is not excluded already, then decide again by the kernels' configurations.
  Diagnostics first_look;
  const std::optional<Diagnostic> missing = fetch_wanted(plan_cells(wanted, {}, first_look), request, sources, errands);
  const std::vector<Cell> cells = plan_cells(wanted, stored_configs(sources), report.problems);
  if (!report.problems.ok()) return report;
  progress.planned(cells);
  for (const Cell& cell : cells) report.cells.push_back(not_run(cell));
  // What belongs to no single kernel is made once.
  Jobserver jobserver = make_jobserver(request, context, report.problems);
  Workshop workshop = make_workshop({request, context, workspace, output, jobserver, key ? &*key : nullptr,
                                     package_key ? &*package_key : nullptr, sources, missing},
                                    cells);
  // Cells are independent; a failure in one never stops another. Job slots bound what compiles; twice as many threads let
  // finished cells be signed and packed meanwhile.
  SharedProgress shared(progress);
  run_jobs(cells.size(), 2 * std::size_t{job_count(request)}, context.stop, [&](std::size_t index) {
    if (cells[index].verdict == Verdict::excluded) return;
    report.cells[index] = run_cell(
        cells[index], workshop, [&](Step step) { shared.step(index, step); }, context.stop);
    shared.finished(index, report.cells[index]);
  });
  return report;
}

}  // namespace kmpack
