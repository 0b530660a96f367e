#include <algorithm>

#include "base/diagnostic_codes.hpp"
#include "cli/commands.hpp"
#include "cli/compat_text.hpp"
#include "cli/json.hpp"
#include "cli/summary.hpp"

namespace kmpack {
namespace {

int status_of(const Diagnostics& problems) {
  const int status = exit_status(problems);
  // A file that is not what it should be is no cell that failed.
  return status == static_cast<int>(Fault::cell) ? static_cast<int>(Fault::verification) : status;
}

bool known(const AskedKernel& kernel) { return kernel.unknown.empty(); }

bool answers_something(const CompatReport& report) {
  return !report.modules.empty() && std::ranges::any_of(report.kernels, known);
}

}  // namespace

int run_compat(const Work& work) {
  const CompatQuestion question{.files = work.options.files,
                                .kernels = work.options.compat.kernels,
                                .symvers = work.options.compat.symvers,
                                .stablelists = work.options.compat.stablelists,
                                .certificate = work.options.certificate};
  Context context{work.runner, work.stop};
  const CompatReport report = compat(question, request_of(work), context);
  work.console.complain(report.problems);
  if (!report.problems.ok() && !answers_something(report)) {
    if (work.console.json()) work.console.answer(to_json(report.problems));
    return status_of(report.problems);
  }
  work.console.answer(work.console.json() ? to_json(report) : compat_text(report, work.console.coloured_answers()));
  if (!report.problems.ok()) return status_of(report.problems);
  if (std::ranges::any_of(report.answers, [](const CompatAnswer& answer) { return answer.loads == Loads::no; }))
    return static_cast<int>(Fault::cell);
  return std::ranges::all_of(report.kernels, known) ? 0 : static_cast<int>(Fault::environment);
}

}  // namespace kmpack
