#include <algorithm>

#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/summary.hpp"
#include "pipeline/lint.hpp"

namespace kmpack {
namespace {

std::string counted(std::size_t count, const char* what) { return std::to_string(count) + " " + what + (count == 1 ? "" : "s"); }

std::string text_of(const LintReport& report, const Console& console) {
  std::string text;
  for (const Diagnostic& finding : report.findings.all()) text += painted(finding, console.coloured_answers()) + "\n";
  return text;
}

}  // namespace

int run_lint(const Work& work) {
  Context context{work.runner, work.stop};
  const LintReport report = lint(request_of(work), context);
  work.console.complain(report.problems);
  if (!report.problems.ok()) {
    if (work.console.json()) work.console.answer(to_json(report.problems));
    return exit_status(report.problems);
  }
  const std::size_t errors = report.findings.error_count();
  const std::size_t warnings = report.findings.all().size() - errors;
  if (work.console.json()) {
    work.console.answer(to_json(report));
  } else {
    work.console.answer(text_of(report, work.console));
    for (const std::string& line : report.unseen) work.console.say("not looked at: " + line);
    work.console.say(counted(errors, "error") + ", " + counted(warnings, "warning"));
  }
  // What was looked at is bad, whatever the codes of its mistakes mean to other commands.
  constexpr int kFound = 1;
  return errors > 0 || (work.options.strict == Wish::yes && warnings > 0) ? kFound : 0;
}

}  // namespace kmpack
