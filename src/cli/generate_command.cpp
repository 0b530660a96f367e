#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/live.hpp"
#include "cli/summary.hpp"
#include "pipeline/generate.hpp"

namespace kmpack {
namespace {

std::string text_of(const GenerateReport& report) {
  std::string text;
  for (const GeneratedSource& source : report.sources) {
    for (const auto& first : {source.spec, source.debian, source.dsc}) {
      if (!first.empty()) text += first.string() + "\n";
    }
    for (const auto& file : source.files) text += file.string() + "\n";
    if (!source.source_rpm.empty()) text += source.source_rpm.string() + "\n";
  }
  return text;
}

}  // namespace

int run_generate(const Work& work) {
  const GenerateRequest wanted{.request = request_of(work),
                               .form = work.options.spec,
                               .debian = work.options.debian,
                               .source = work.options.source_packages};
  Context context{work.runner, work.stop};
  GenerateReport report;
  {
    const auto write = [&work](const std::string& text) { work.console.raw(text); };
    PlainProgress progress(write, work.console.verbosity(), work.console.coloured_messages());
    report = generate(wanted, context, progress);
  }
  work.console.complain(report.problems);
  work.console.answer(work.console.json() ? to_json(report) : text_of(report));
  const int built = exit_status(report.cells);
  // What went wrong with cells, as `build` says it; where their packages went is of no interest here.
  if (built != 0 && !report.cells.cells.empty()) work.console.raw(closing_lines(report.cells, work.console.coloured_messages()));
  return built != 0 ? built : exit_status(report.problems);
}

}  // namespace kmpack
