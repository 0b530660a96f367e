#include "cli/verify_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/table.hpp"

namespace kmpack {
namespace {

std::string subject(const VerifyReport& report) {
  if (report.packages.empty()) return "-";
  std::string text = report.packages.front().filename().string();
  if (report.packages.size() > 1) text += fmt::format(" and {} more", report.packages.size() - 1);
  return text;
}

std::vector<TableCell> row(const VerifiedKernel& kernel, const VerifyReport& report, const std::string& what) {
  const auto passed = std::ranges::count_if(report.checks, &Check::ok);
  const auto failed = std::ranges::find_if(report.checks, [](const Check& check) { return !check.ok; });
  const bool ok = report.ok();
  return {{kernel.id.empty() ? "-" : kernel.id},
          {what},
          {ok ? "ok" : "failed", ok ? Paint::good : Paint::bad},
          {fmt::format("{}/{}", passed, report.checks.size())},
          {failed == report.checks.end() ? "" : failed->name}};
}

std::string boot_subject(const BootReport& boot) {
  std::string text = "boot:";
  for (const BootedModule& module : boot.modules) text += fmt::format(" {} {}", module.name.str(), to_text(module.result));
  return text;
}

}  // namespace

std::string verify_table(std::span<const VerifiedKernel> kernels, bool coloured) {
  std::vector<std::vector<TableCell>> rows;
  for (const VerifiedKernel& kernel : kernels) {
    for (const VerifyReport& report : kernel.reports) rows.push_back(row(kernel, report, subject(report)));
    if (kernel.boot) rows.push_back(row(kernel, kernel.boot->report, boot_subject(*kernel.boot)));
  }
  return render_table({{"KERNEL"}, {"WHAT"}, {"RESULT"}, {"CHECKS", Side::right}, {"FIRST FAILURE"}}, rows, coloured);
}

std::string verify_closing(std::span<const VerifiedKernel> kernels) {
  std::size_t reports = 0;
  std::size_t failed = 0;
  std::string logs;
  for (const VerifiedKernel& kernel : kernels) {
    reports += kernel.reports.size() + (kernel.boot ? 1 : 0);
    failed +=
        static_cast<std::size_t>(std::ranges::count_if(kernel.reports, [](const VerifyReport& report) { return !report.ok(); }));
    if (!kernel.boot) continue;
    if (!kernel.boot->report.ok()) ++failed;
    if (!kernel.boot->log.empty()) logs += "\nguest's messages: " + kernel.boot->log.string();
  }
  return (failed == 0 ? fmt::format("all {} verified", reports) : fmt::format("{} of {} failed", failed, reports)) + logs;
}

std::vector<Diagnostic> problems_of(const VerifiedKernel& kernel) {
  std::vector<Diagnostic> all;
  const auto take = [&all](const VerifyReport& report) {
    all.insert(all.end(), report.problems.all().begin(), report.problems.all().end());
  };
  for (const VerifyReport& report : kernel.reports) take(report);
  if (kernel.boot) take(kernel.boot->report);
  return all;
}

}  // namespace kmpack
