#include "flavors/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
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

/// The kernels of a run in the order cells are told in, each with the numbers of the manifests that want it.
class WantedBy {
 public:
  explicit WantedBy(std::span<const Wanted* const> manifests) {
    for (std::size_t i = 0; i < manifests.size(); ++i) {
      for (const auto& kernel : manifests[i]->kernels) {
        const auto [known, is_new] = users_.try_emplace(kernel.get());
        if (is_new) kernels_.push_back(kernel);
        if (is_new || known->second.back() != i) known->second.push_back(i);
      }
    }
    kernels_ = in_order_of_age(std::move(kernels_));
  }
  [[nodiscard]] const Kernels& kernels() const noexcept { return kernels_; }
  [[nodiscard]] const std::vector<std::size_t>& users_of(const Kernel& kernel) const { return users_.at(&kernel); }

 private:
  Kernels kernels_;
  std::unordered_map<const Kernel*, std::vector<std::size_t>> users_;
};

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
  const WantedBy wanted_by(manifests);
  std::vector<Projections> projections;
  for (const Wanted* want : manifests) projections.emplace_back(want->manifest);
  std::vector<std::vector<Cell>> rows(manifests.size());
  for (std::size_t i = 0; i < manifests.size(); ++i) rows[i].reserve(manifests[i]->kernels.size());
  for (const auto& kernel : wanted_by.kernels()) {
    const KernelConfig* const config = config_of ? config_of(*kernel) : nullptr;
    for (const std::size_t i : wanted_by.users_of(*kernel)) {
      const auto& whole = manifests[i]->manifest;
      auto manifest = projections[i].of(*kernel);
      auto reason = refused(*whole, *kernel, config);
      if (!reason) reason = without_module(*manifest, *whole, *kernel);
      rows[i].push_back({.manifest = manifest,
                         .whole = manifest == whole ? nullptr : whole,
                         .kernel = kernel,
                         .verdict = reason ? Verdict::excluded : Verdict::build,
                         .reason = std::move(reason).value_or("")});
    }
  }
  std::vector<Cell> cells;
  cells.reserve(std::accumulate(rows.begin(), rows.end(), std::size_t{0},
                                [](std::size_t sum, const std::vector<Cell>& row) { return sum + row.size(); }));
  for (std::vector<Cell>& row : rows) {
    mark_newest(row);
    std::ranges::move(row, std::back_inserter(cells));
    row = {};
  }
  return cells;
}

}  // namespace kmpack
