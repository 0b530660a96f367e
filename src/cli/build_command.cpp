#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/live.hpp"
#include "cli/summary.hpp"
#include "pipeline/run.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

std::unique_ptr<Progress> progress_for(const Console& console) {
  const auto write = [&console](const std::string& text) { console.raw(text); };
  if (console.live()) return std::make_unique<LiveProgress>(write, console.coloured_messages());
  return std::make_unique<PlainProgress>(write, console.verbosity(), console.coloured_messages());
}

/// Write report.json. A disk too full for it must not cost the user the table of what was built.
void keep_record(Report& report) {
  try {
    write_pieces(report.output / "report.json", [&](const TakePiece& take) { write_json(report, take); });
  } catch (const Error& error) {
    report.problems.report(error.diagnostic());
  }
}

}  // namespace

int run_build(const Work& work) {
  const Request request = request_of(work);
  Context context{work.runner, work.stop};
  Report report;
  {
    const auto progress = progress_for(work.console);
    report = build(request, context, *progress);
  }
  const bool ran = !report.cells.empty();
  const auto answer = [&](std::string_view piece) { work.console.answer(piece); };
  if (ran) keep_record(report);
  work.console.complain(report.problems);
  if (work.console.json()) {
    write_json(report, answer);
  } else if (ran) {
    work.console.answer(build_table(report, request.key ? Signing::with_key : Signing::none, work.console.coloured_answers()));
  }
  const int status = exit_status(report);
  const std::string closing = ran ? closing_lines(report, work.console.coloured_messages()) : "";
  if (status != 0 || work.console.verbosity() != Verbosity::quiet) work.console.raw(closing);
  return status;
}

namespace {

int run_plan_since(const Work& work) {
  Request request = request_of(work);
  // A lock that merely lies here is what is about to be renewed. One that was named says what there is now.
  if (!work.options.lock_named) request.places.lock_file.clear();
  Context context{work.runner, work.stop};
  const ChangeReport report = changes_since(work.options.since, request, context);
  work.console.complain(report.problems);
  if (!report.problems.ok()) {
    if (work.console.json()) work.console.answer(to_json(report.problems));
    return exit_status(report.problems);
  }
  work.console.answer(work.console.json() ? to_json(report, work.options.since)
                                          : change_table(report, work.console.coloured_answers()));
  if (!report.work()) work.console.say("nothing to build: no kernel is new or rebuilt since " + work.options.since.string());
  return report.work() ? kWorkToDo : 0;
}

}  // namespace

int run_plan(const Work& work) {
  if (!work.options.since.empty()) return run_plan_since(work);
  Context context{work.runner, work.stop};
  const Plan planned = plan(request_of(work), context);
  work.console.complain(planned.problems);
  for (const auto& [cell, outcome] : planned.failed) {
    for (const Diagnostic& problem : outcome.problems) work.console.complain(problem);
  }
  const auto answer = [&](std::string_view piece) { work.console.answer(piece); };
  if (work.console.json()) {
    write_json(planned, answer);
  } else if (!planned.cells.empty()) {
    plan_table(planned, work.console.coloured_answers(), answer);
  }
  return exit_status(planned);
}

}  // namespace kmpack
