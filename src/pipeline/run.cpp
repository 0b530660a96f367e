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
#include "pipeline/dkms.hpp"
#include "pipeline/inputs.hpp"
#include "pipeline/order.hpp"
#include "pipeline/prepare.hpp"
#include "pipeline/sign_packages.hpp"
#include "pipeline/times.hpp"
#include "pipeline/verdicts.hpp"
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
  Outcome outcome{.cell = cell, .status = excluded ? Status::excluded : Status::cancelled, .reason = cell.reason};
  if (excluded) outcome.failure = Failure{.kind = FailureClass::excluded, .file = {}, .line = 0, .message = cell.reason};
  return outcome;
}

/// One cell whose turn it is: all that it needs have come to an end, good or bad.
Outcome make_cell(const Cell& cell, std::span<const CellNeed> needs, std::span<const Outcome> outcomes, Workshop& workshop,
                  const std::function<void(Step)>& step, const std::stop_token& stop) {
  const auto fate_of = [&](std::size_t other) -> Fate { return {outcomes[other].status, outcomes[other].reason}; };
  if (auto problem = unmet_need(cell, needs, fate_of)) {
    step(Step::done);
    return failed_cell(cell, std::move(*problem));
  }
  std::vector<const Outcome*> needed;
  for (const CellNeed& need : needs) {
    if (outcomes[*need.cell].status == Status::cancelled) return not_run(cell);
    needed.push_back(&outcomes[*need.cell]);
  }
  return run_cell(cell, needed, workshop, step, stop);
}

/// What cannot be built for want of another package, and what needs that in turn.
void fail_unmet_needs(const CellNeeds& needs, Plan& plan) {
  const auto fate_of = [&](std::size_t cell) -> Fate {
    if (const auto failed = plan.failed.find(cell); failed != plan.failed.end()) return {Status::failed, failed->second.reason};
    return {plan.cells[cell].verdict == Verdict::excluded ? Status::excluded : Status::built, plan.cells[cell].reason};
  };
  for (const std::size_t cell : in_order(needs)) {
    if (fate_of(cell).status != Status::built) continue;
    if (auto problem = unmet_need(plan.cells[cell], needs[cell], fate_of))
      plan.failed.emplace(cell, failed_cell(plan.cells[cell], std::move(*problem)));
  }
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

Plan plan(const Request& request, Context& context) {
  Plan planned;
  // Read everything the user wrote; report every mistake at once.
  const Inputs inputs = read_inputs(request, Manifests::needed, context, planned.problems);
  check_dependencies(inputs.manifests, planned.problems);
  if (!planned.problems.ok()) return planned;
  // Decide with what is known on this disk; a plan asks nobody else.
  const HeaderSources sources = header_sources(request, Metadata::stored);
  const Errands errands{.runner = context.runner, .stop = context.stop};
  const Kernels available = available_kernels(request, inputs, sources, errands, planned.problems);
  std::vector<Wanted> wanted = wanted_kernels(request, inputs, available, planned.problems);
  const DkmsUnread unread = read_dkms(wanted, sources, job_count(request), context, planned.problems);
  if (has_dkms(inputs) && !planned.problems.ok()) return planned;
  std::vector<Cell> cells = plan_cells(wanted, stored_configs(sources), planned.problems);
  keep_unread(cells, unread);
  Diagnostics without_order;
  check_dependencies(cells, without_order);
  const bool has_order = without_order.ok();
  planned.problems.append(std::move(without_order));
  if (!has_order) return planned;
  // A cell that an earlier run finished with the same inputs is not built again.
  const std::optional<OpenPgpKey> package_key = find_package_key(request, context);
  const CellNeeds needs = needs_of(cells);
  OpenedHeaders headers(sources);
  give_verdicts(cells, needs, {request, sources, headers, package_key ? &*package_key : nullptr, context});
  planned.cells = std::move(cells);
  for (std::size_t cell = 0; cell < planned.cells.size() && !unread.failed.empty(); ++cell) {
    if (auto failed = unread_outcome(planned.cells[cell], unread)) planned.failed.emplace(cell, *std::move(failed));
  }
  fail_unmet_needs(needs, planned);
  return planned;
}

Report build(const Request& request, Context& context, Progress& progress, const CheckCells& check) {
  const Output output(request.output);
  const Workspace workspace(request.places.workspace);
  Report report{.output = output.directory()};
  // Read everything the user wrote; report every mistake at once.
  const Inputs inputs = read_inputs(request, Manifests::needed, context, report.problems);
  check_dependencies(inputs.manifests, report.problems);
  if (!report.problems.ok()) return report;
  const std::optional<SigningKey> key = load_key(request);
  const std::optional<OpenPgpKey> package_key = find_package_key(request, context);
  // Find the kernels that exist and choose those that are wanted.
  const HeaderSources sources =
      header_sources(request, request.network == Network::offline ? Metadata::stored : Metadata::recent);
  const Errands errands{context.runner, context.stop, [&](const std::string& line) { progress.message(line); }};
  const Kernels available = available_kernels(request, inputs, sources, errands, report.problems);
  std::vector<Wanted> wanted = wanted_kernels(request, inputs, available, report.problems);
  if (!report.problems.ok()) return report;
  // Fetch the headers of what is not excluded already, then decide again by the kernels' configurations.
  Diagnostics first_look;
  const std::optional<Diagnostic> missing = fetch_wanted(plan_cells(wanted, {}, first_look), request, sources, errands);
  const DkmsUnread unread = read_dkms(wanted, sources, job_count(request), context, report.problems);
  std::vector<Cell> cells = plan_cells(wanted, stored_configs(sources), report.problems);
  keep_unread(cells, unread);
  check_dependencies(cells, report.problems);
  if (check) check(cells, report.problems);
  if (!report.problems.ok()) return report;
  progress.planned(cells);
  for (const Cell& cell : cells) report.cells.push_back(not_run(cell));
  // What belongs to no single kernel is made once.
  Jobserver jobserver = make_jobserver(request, context, report.problems);
  Workshop workshop = make_workshop({request, context, workspace, output, jobserver, key ? &*key : nullptr,
                                     package_key ? &*package_key : nullptr, sources, missing, unread},
                                    cells);
  // Who asked for it gets builds of other kernels where they load.
  const CellNeeds needs = needs_of(cells);
  if (request.reuse_compatible == ReuseCompatible::yes) {
    OpenedHeaders headers(sources);
    workshop.reusable =
        reusable_builds(cells, needs, {request, sources, headers, package_key ? &*package_key : nullptr, context});
  }
  // Long cells first. A failure in one cell stops no other but those that need its symbols. Job slots bound what compiles; twice
  // as many threads let finished cells be signed and packed meanwhile.
  SharedProgress shared(progress);
  CellTimes times = CellTimes::read(workspace.directory());
  CellTurns turns(needs, times.expected(cells));
  run_jobs(cells.size(), 2 * std::size_t{job_count(request)}, context.stop, [&](std::size_t) {
    const std::optional<std::size_t> turn = turns.next(context.stop);
    if (!turn) return;
    if (cells[*turn].verdict != Verdict::excluded) {
      report.cells[*turn] = make_cell(
          cells[*turn], needs[*turn], report.cells, workshop, [&](Step step) { shared.step(*turn, step); }, context.stop);
      shared.finished(*turn, report.cells[*turn]);
    }
    turns.finished(*turn);
  });
  times.learn(report.cells);
  times.write(workspace.directory());
  if (workshop.probes) {
    for (Diagnostic& warning : workshop.probes->finish()) report.problems.report(std::move(warning));
  }
  return report;
}

}  // namespace kmpack
