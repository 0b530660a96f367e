#include "cli/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/diagnostic_codes.hpp"
#include "cli/table.hpp"
#include "cli/words_of.hpp"

namespace kmpack {
namespace {

constexpr int kInterrupted = 130;
constexpr std::size_t kReasonColumns = 100;

std::string packages_text(const Outcome& outcome) {
  std::string text;
  for (const PackageFile& package : outcome.packages) {
    // The package all kernels share would stand in every row.
    if (package.kind == PackageKind::common) continue;
    text += (text.empty() ? "" : " ") + package.path.filename().string();
  }
  return text;
}

std::string signer_text(const Outcome& outcome, Signing signing) {
  if (signing == Signing::none) return "UNSIGNED";
  for (const FinishedModule& module : outcome.modules) {
    if (module.signed_by.empty()) return "UNSIGNED";
  }
  return outcome.modules.empty() ? "-" : printable(outcome.modules.front().signed_by);
}

std::vector<TableCell> build_row(const Outcome& outcome, Signing signing) {
  const bool has_packages = !outcome.packages.empty();
  const std::string signer = signer_text(outcome, signing);
  return {{outcome.cell.manifest->name.str()},
          {outcome.cell.kernel->id()},
          {std::string{word_of(outcome.status)}, paint_of(outcome.status)},
          {signer, signer == "UNSIGNED" ? Paint::warn : Paint::plain},
          {duration_text(outcome.wall)},
          {has_packages ? packages_text(outcome) : printable(outcome.reason)}};
}

std::map<Status, std::size_t> counted(const Report& report) {
  std::map<Status, std::size_t> counts;
  for (const Outcome& outcome : report.cells) ++counts[outcome.status];
  return counts;
}

std::string counts_text(const Report& report) {
  std::string text = fmt::format("{} {}:", report.cells.size(), report.cells.size() == 1 ? "cell" : "cells");
  std::string_view separator = " ";
  for (const auto& [status, count] : counted(report)) {
    text += fmt::format("{}{} {}", separator, count, word_of(status));
    separator = ", ";
  }
  return text;
}

/// What is odd about a cell that did not fail.
std::string warning_lines(const Outcome& outcome, bool coloured) {
  std::string lines;
  for (Diagnostic problem : outcome.problems) {
    problem.notes.insert(problem.notes.begin(), "in " + outcome.cell.manifest->name.str() + " for " + outcome.cell.kernel->id());
    lines += painted(problem, coloured) + "\n";
  }
  return lines;
}

/// `class: api-change, at driver/x.c:42`: what scripts and people look for before the words.
std::string failure_line(const Failure& failure) {
  std::string line = fmt::format("class: {}", word_of(failure.kind));
  if (!failure.file.empty()) line += fmt::format(", at {}:{}", failure.file, failure.line);
  return line;
}

std::string failure_lines(const Outcome& outcome, bool coloured) {
  std::string lines = painted("failed", Paint::bad, coloured) +
                      fmt::format(": {} for {}\n", outcome.cell.manifest->name.str(), outcome.cell.kernel->id());
  if (outcome.failure) lines += "  " + printable(failure_line(*outcome.failure)) + "\n";
  if (outcome.problems.empty()) lines += "  " + printable(outcome.reason) + "\n";
  for (const Diagnostic& problem : outcome.problems) {
    std::string text = painted(problem, coloured);
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 3) text.insert(at + 1, "  ");
    lines += "  " + text + "\n";
  }
  if (!outcome.log.empty()) lines += "  log: " + outcome.log.string() + "\n";
  return lines;
}

std::string next_step(const Report& report) {
  const auto counts = counted(report);
  if (counts.contains(Status::cancelled)) return "run the same command again: it goes on where it stopped\n";
  if (counts.contains(Status::failed)) {
    return "mend what failed and run the same command again: finished cells are not built again\n";
  }
  return "";
}

bool has_packages(const Report& report) {
  return std::ranges::any_of(report.cells, [](const Outcome& outcome) { return !outcome.packages.empty(); });
}

/// Their number tells kernels apart for which a driver makes others; --json has the names.
std::string planned_modules(const Cell& cell) {
  const auto& modules = cell.manifest->modules;
  if (cell.verdict == Verdict::excluded || modules.empty()) return "-";
  return modules.size() == 1 ? modules.front().name.str() : std::to_string(modules.size());
}

Paint paint_of_plan(const Plan& plan, std::size_t cell) {
  if (plan.failed.contains(cell)) return paint_of(Status::failed);
  return plan.cells[cell].verdict == Verdict::excluded ? Paint::dim : Paint::good;
}

int status_of(const Diagnostic& problem) noexcept { return static_cast<int>(fault_of(problem.code)); }

}  // namespace

std::string build_table(const Report& report, Signing signing, bool coloured) {
  std::vector<std::vector<TableCell>> rows;
  for (const Outcome& outcome : report.cells) rows.push_back(build_row(outcome, signing));
  return render_table({{"PACKAGE"}, {"KERNEL"}, {"STATUS"}, {"SIGNED BY"}, {"TIME", Side::right}, {"PACKAGES"}}, rows, coloured);
}

void plan_table(const Plan& plan, bool coloured, const Write& write) {
  std::unordered_map<const Kernel*, std::string> ids;  // each made once for all packages
  const auto fill = [&](std::size_t at, std::vector<TableCell>& row) {
    const Cell& cell = plan.cells[at];
    std::string& id = ids[cell.kernel.get()];
    if (id.empty()) id = cell.kernel->id();
    row[0].text = cell.manifest->name.str();
    row[1].text = id;
    row[2].text = planned_word(plan, at);
    row[2].paint = paint_of_plan(plan, at);
    row[3].text = word_of(cell.kernel->origin);
    row[4].text = planned_modules(cell);
    row[5].text = printable(planned_reason(plan, at));
  };
  write_table({{"PACKAGE"}, {"KERNEL"}, {"VERDICT"}, {"HEADERS"}, {"MODULES"}, {"REASON"}}, {plan.cells.size(), fill}, coloured,
              write);
}

std::string change_table(const ChangeReport& report, bool coloured) {
  std::vector<std::vector<TableCell>> rows;
  for (const KernelChange& of : report.kernels) {
    if (of.change == Change::same) continue;
    const Paint paint = of.change == Change::gone || !of.excluded.empty() ? Paint::dim : Paint::good;
    const auto version = [](const std::shared_ptr<const Kernel>& kernel) -> TableCell {
      return {kernel == nullptr || kernel->package_version.empty() ? "-" : kernel->package_version};
    };
    rows.push_back({{(of.now == nullptr ? *of.was : *of.now).id()},
                    {std::string{word_of(of.change)}, paint},
                    version(of.was),
                    version(of.now),
                    {of.excluded.empty() ? "" : "excluded: " + printable(of.excluded)}});
  }
  return rows.empty() ? "" : render_table({{"KERNEL"}, {"CHANGE"}, {"WAS"}, {"NOW"}, {"REASON"}}, rows, coloured);
}

std::string closing_lines(const Report& report, bool coloured) {
  std::string lines;
  for (const Outcome& outcome : report.cells) {
    if (outcome.status != Status::failed) lines += warning_lines(outcome, coloured);
  }
  for (const Outcome& outcome : report.cells) {
    if (outcome.status == Status::failed) lines += failure_lines(outcome, coloured);
  }
  lines += counts_text(report) + "\n";
  if (has_packages(report)) lines += "packages: " + report.output.string() + "\n";
  return lines + next_step(report);
}

int exit_status(const Report& report) noexcept {
  const auto is = [](Status status) { return [status](const Outcome& outcome) { return outcome.status == status; }; };
  if (std::ranges::any_of(report.cells, is(Status::cancelled))) return kInterrupted;
  if (!report.problems.ok()) return exit_status(report.problems);
  return std::ranges::any_of(report.cells, is(Status::failed)) ? 1 : 0;
}

int exit_status(const Plan& plan) noexcept {
  if (!plan.problems.ok()) return exit_status(plan.problems);
  return plan.failed.empty() ? 0 : 1;
}

int exit_status(const Diagnostics& problems) noexcept {
  for (const Diagnostic& problem : problems.all()) {
    if (problem.severity == Severity::error) return status_of(problem);
  }
  return 0;
}

}  // namespace kmpack
