#include "cli/compat_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/console.hpp"
#include "cli/table.hpp"

namespace kmpack {
namespace {

Paint paint_of(Loads loads) { return loads == Loads::yes ? Paint::good : loads == Loads::no ? Paint::bad : Paint::warn; }

std::vector<std::size_t> known_kernels(const CompatReport& report) {
  std::vector<std::size_t> known;
  for (std::size_t kernel = 0; kernel < report.kernels.size(); ++kernel)
    if (report.kernels[kernel].unknown.empty()) known.push_back(kernel);
  return known;
}

bool alike(const CompatAnswer& left, const CompatAnswer& right) {
  return left.loads == right.loads && left.reason == right.reason;
}

using Rows = std::vector<std::vector<TableCell>>;

std::vector<TableCell> row(const AskedModule& module, std::string kernel, const CompatAnswer& answer) {
  return {{printable(module.facts.name.str())},
          {printable(kernel)},
          {std::string(word_of(answer.loads)), paint_of(answer.loads)},
          {printable(answer.reason)}};
}

void add_rows(const CompatReport& report, std::size_t module, const std::vector<std::size_t>& known, Rows& rows) {
  const CompatAnswer& first = report.answer(module, known.front());
  const bool same = std::ranges::all_of(known, [&](std::size_t kernel) { return alike(report.answer(module, kernel), first); });
  if (same && known.size() > 1) {
    rows.push_back(row(report.modules[module], fmt::format("all {}", known.size()), first));
    return;
  }
  for (const std::size_t kernel : known)
    rows.push_back(row(report.modules[module], report.kernels[kernel].name, report.answer(module, kernel)));
}

std::string plural(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string total_line(const CompatTotals& totals, std::size_t known) {
  std::string text = fmt::format("{}: {} in {} of {}", totals.package, totals.modules == 1 ? "loads" : "all load", totals.yes,
                                 plural(known, "kernel"));
  if (totals.conditionally != 0) text += fmt::format(", in {} if something holds", totals.conditionally);
  return text;
}

std::string unlisted_line(const AskedModule& module) {
  return fmt::format("{}: {} of {} symbols ({:.0f} %) are on no stable list", module.facts.name.str(), module.unlisted.size(),
                     module.facts.needed.size(),
                     module.facts.needed.empty()
                         ? 0.0
                         : 100.0 * static_cast<double>(module.unlisted.size()) / static_cast<double>(module.facts.needed.size()));
}

}  // namespace

std::string_view word_of(Loads loads) noexcept { return loads == Loads::yes ? "yes" : loads == Loads::no ? "no" : "if"; }

std::vector<CompatTotals> totals_of(const CompatReport& report) {
  std::vector<CompatTotals> all;
  std::map<std::string_view, std::vector<std::size_t>> members;
  for (std::size_t module = 0; module < report.modules.size(); ++module) {
    auto& of_package = members[report.modules[module].package];
    if (of_package.empty()) all.push_back({.package = report.modules[module].package});
    of_package.push_back(module);
  }
  const std::vector<std::size_t> known = known_kernels(report);
  for (CompatTotals& totals : all) {
    const auto& of_package = members[totals.package];
    totals.modules = of_package.size();
    for (const std::size_t kernel : known) {
      Loads worst = Loads::yes;
      for (const std::size_t module : of_package) worst = std::max(worst, report.answer(module, kernel).loads);
      ++(worst == Loads::yes ? totals.yes : worst == Loads::no ? totals.no : totals.conditionally);
    }
  }
  return all;
}

std::string compat_text(const CompatReport& report, bool coloured) {
  std::string text;
  const std::vector<std::size_t> known = known_kernels(report);
  const bool all_load = std::ranges::all_of(report.modules, [&, index = std::size_t{0}](const AskedModule&) mutable {
    const std::size_t module = index++;
    return std::ranges::all_of(known, [&](std::size_t kernel) { return report.answer(module, kernel).loads == Loads::yes; });
  });
  if (!known.empty() && all_load) {
    const bool one = report.modules.size() == 1;
    const std::string who = one ? report.modules[0].facts.name.str() : fmt::format("all {} modules", report.modules.size());
    const std::string where = known.size() == 1 ? report.kernels[known[0]].name : fmt::format("all {} kernels", known.size());
    text = printable(fmt::format("{} {} in {}", who, one ? "loads" : "load", where)) + "\n";
  } else if (!known.empty()) {
    Rows rows;
    for (std::size_t module = 0; module < report.modules.size(); ++module) add_rows(report, module, known, rows);
    text = render_table({{"MODULE"}, {"KERNEL"}, {"LOADS"}, {"WHY"}}, rows, coloured) + "\n";
    for (const CompatTotals& totals : totals_of(report)) text += printable(total_line(totals, known.size())) + "\n";
  }
  for (const AskedKernel& kernel : report.kernels)
    if (!kernel.unknown.empty()) text += printable(fmt::format("{}: unknown: {}", kernel.name, kernel.unknown)) + "\n";
  for (const AskedModule& module : report.modules)
    if (!module.unlisted.empty()) text += printable(unlisted_line(module)) + "\n";
  return text;
}

}  // namespace kmpack
