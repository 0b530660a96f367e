#include "flavors/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "flavors/condition.hpp"
#include "manifest/kernel_range.hpp"

namespace kmpack {
namespace {

std::string range_text(const KernelRange& range) {
  if (range.min && range.max) return fmt::format("{} to {}", *range.min, *range.max);
  return range.min ? fmt::format("{} and later", *range.min) : fmt::format("up to {}", *range.max);
}

bool is_satisfied(ConfigNeed need, const std::string& value) noexcept {
  switch (need) {
    case ConfigNeed::builtin:
      return value == "y";
    case ConfigNeed::module:
      return value == "m";
    case ConfigNeed::disabled:
      return value.empty();
    case ConfigNeed::enabled:
      break;
  }
  return value == "y" || value == "m";
}

std::string_view wanted_text(ConfigNeed need) noexcept {
  switch (need) {
    case ConfigNeed::builtin:
      return "=y";
    case ConfigNeed::module:
      return "=m";
    case ConfigNeed::disabled:
      return " not set";
    case ConfigNeed::enabled:
      break;
  }
  return "";
}

std::string unmet(const ConfigRequirement& requirement, const std::string& value, const Kernel& kernel) {
  std::string text = fmt::format("needs {}{}, which {} ", requirement.option, wanted_text(requirement.need), kernel.id());
  text += value.empty() ? "does not set" : "sets to " + value;
  if (requirement.reason) text += ": " + *requirement.reason;
  return text;
}

std::optional<std::string> refused_by_config(const Manifest& manifest, const Kernel& kernel, const KernelConfig& config) {
  if (!config.modules) return fmt::format("{} cannot load modules: CONFIG_MODULES is not set", kernel.id());
  for (const ConfigRequirement& requirement : manifest.kernels.config) {
    const auto found = config.options.find(requirement.option);
    const std::string value = found == config.options.end() || found->second == "n" ? std::string() : found->second;
    if (!is_satisfied(requirement.need, value)) return unmet(requirement, value, kernel);
  }
  return std::nullopt;
}

std::optional<std::string> refused(const Manifest& manifest, const Kernel& kernel, const KernelConfig* config) {
  const KernelsSpec& spec = manifest.kernels;
  for (const ExcludedKernels& exclude : spec.exclude) {
    if (names(exclude.pattern, kernel) && in_range(exclude.kernels, kernel.release.str())) return exclude.reason;
  }
  if (!in_range(spec.range, kernel.release.str())) return fmt::format("the manifest is for kernels {}", range_text(spec.range));
  return config == nullptr ? std::nullopt : refused_by_config(manifest, kernel, *config);
}

/// Of a dkms.conf nobody has asked for this kernel yet, there are no modules at all, and nothing to exclude it for.
std::optional<std::string> without_module(const Manifest& manifest, const Manifest& whole, const Kernel& kernel) {
  const bool unknown = whole.dkms && whole.modules.empty();
  if (!manifest.modules.empty() || unknown) return std::nullopt;
  return fmt::format("the manifest has no module for {}", kernel.id());
}

/// The last cell of each flavor and series that is not excluded. `cells` are of one manifest, oldest kernel first.
void mark_newest(std::span<Cell> cells) {
  for (std::size_t i = 0; i < cells.size();) {
    std::map<std::string_view, Cell*> newest;
    const FlavorId& flavor = cells[i].kernel->flavor;
    for (; i < cells.size() && cells[i].kernel->flavor == flavor; ++i) {
      if (cells[i].verdict != Verdict::excluded) newest[cells[i].kernel->series] = &cells[i];
    }
    for (const auto& [series, cell] : newest) cell->newest_of_series = true;
  }
}

/// All kernels anybody wants, each once, in the order cells are told in.
Kernels all_kernels(std::span<const Wanted> wanted) {
  Kernels kernels;
  for (const Wanted& want : wanted) kernels.insert(kernels.end(), want.kernels.begin(), want.kernels.end());
  std::ranges::sort(kernels);
  kernels.erase(std::unique(kernels.begin(), kernels.end()), kernels.end());
  std::ranges::sort(kernels, [](const auto& left, const auto& right) {
    if (const auto order = left->flavor <=> right->flavor; order != 0) return order < 0;
    return older(*left, *right);
  });
  return kernels;
}

}  // namespace

std::vector<Cell> plan_cells(std::span<const Wanted> wanted, const ConfigOf& config_of, Diagnostics& problems) {
  std::vector<const Wanted*> manifests;
  for (const Wanted& want : wanted) {
    manifests.push_back(&want);
    if (!want.kernels.empty()) continue;
    problems.report({.code = "kernels-none",
                     .message = fmt::format("no kernel was chosen for {}", want.manifest->name.str()),
                     .where = SourceSpan{want.manifest->file, 0, 0},
                     .notes = {},
                     .hint = want.manifest->dkms ? "a dkms.conf names none: do so with --flavor, as --flavor 'debian-12/*amd64'"
                                                 : "name kernels in its <kernels>, or with --flavor"});
  }
  std::ranges::stable_sort(manifests, {}, [](const Wanted* want) -> const PackageName& { return want->manifest->name; });
  // One question per kernel, whatever the number of manifests: configurations are big.
  std::unordered_map<const Kernel*, std::vector<std::size_t>> wanted_by;
  for (std::size_t i = 0; i < manifests.size(); ++i) {
    for (const auto& kernel : manifests[i]->kernels) {
      std::vector<std::size_t>& users = wanted_by[kernel.get()];
      if (users.empty() || users.back() != i) users.push_back(i);
    }
  }
  std::vector<Projections> projections;
  for (const Wanted* want : manifests) projections.emplace_back(want->manifest);
  std::vector<std::vector<Cell>> rows(manifests.size());
  for (const auto& kernel : all_kernels(wanted)) {
    const KernelConfig* const config = config_of ? config_of(*kernel) : nullptr;
    for (const std::size_t i : wanted_by[kernel.get()]) {
      const auto& whole = manifests[i]->manifest;
      auto manifest = projections[i].of(*kernel);
      auto reason = refused(*whole, *kernel, config);
      if (!reason) reason = without_module(*manifest, *whole, *kernel);
      rows[i].push_back({.manifest = manifest,
                         .whole = manifest == whole ? nullptr : whole,
                         .kernel = kernel,
                         .verdict = reason ? Verdict::excluded : Verdict::build,
                         .reason = reason.value_or("")});
    }
  }
  std::vector<Cell> cells;
  for (std::vector<Cell>& row : rows) {
    mark_newest(row);
    std::ranges::move(row, std::back_inserter(cells));
  }
  return cells;
}

}  // namespace kmpack
