#include "manifest/dkms/import_kernels.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace kmpack {
namespace {

/// A release or series with a glob's characters, or none that fits a pattern, cannot come from a catalogue; such a kernel is then
/// left to the condition of its flavor.
void add_pattern(const std::string& text, const SourceSpan& where, std::vector<FlavorPattern>& patterns) {
  Diagnostics unused;
  if (auto pattern = parse_flavor_pattern(text, where, unused)) patterns.push_back(std::move(*pattern));
}

}  // namespace

std::vector<FlavorPattern> patterns_for(const KernelSet& kernels, const KernelSet& counted,
                                        std::span<const std::shared_ptr<const Kernel>> all, const SourceSpan& where) {
  // In the order of flavors and series, so that the same kernels in another order read the same.
  std::map<std::pair<FlavorId, std::string>, KernelSet> groups;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (counted.empty() || counted.contains(i)) groups[{all[i]->flavor, all[i]->series}].insert(i);
  }
  std::vector<FlavorPattern> patterns;
  for (const auto& [of, members] : groups) {
    KernelSet meant;
    for (const std::size_t i : members) {
      if (kernels.contains(i)) meant.insert(i);
    }
    if (meant == members && !of.second.empty()) {
      add_pattern(of.first.text() + "@" + of.second, where, patterns);
      continue;
    }
    std::set<std::string> releases;
    for (const std::size_t i : meant) releases.insert(all[i]->release.str());
    for (const std::string& release : releases) add_pattern(of.first.text() + "@" + release, where, patterns);
  }
  return patterns;
}

std::vector<FlavorPattern> patterns_excluding(const KernelSet& kernels, const KernelSet& counted,
                                              std::span<const std::shared_ptr<const Kernel>> all, const SourceSpan& where) {
  std::map<FlavorId, std::set<std::string>> series;
  std::set<FlavorId> built;
  std::set<std::pair<std::string, std::string>> of_others;
  for (const std::size_t i : counted) {
    const Kernel& kernel = *all[i];
    series[kernel.flavor].insert(kernel.series);
    if (kernels.contains(i)) continue;
    built.insert(kernel.flavor);
    of_others.insert({kernel.flavor.distribution, kernel.series});
  }
  const auto by_flavor = [&](const FlavorId& flavor) {
    const std::set<std::string>& its = series[flavor];
    const auto with_others = [&](const std::string& name) { return of_others.contains({flavor.distribution, name}); };
    return !built.contains(flavor) && (its.size() > 1 || std::ranges::any_of(its, with_others));
  };
  KernelSet rest = kernels;
  std::set<FlavorId> whole;
  for (const std::size_t i : kernels) {
    if (!by_flavor(all[i]->flavor)) continue;
    whole.insert(all[i]->flavor);
    rest.erase(i);
  }
  std::vector<FlavorPattern> patterns;
  for (const FlavorId& flavor : whole) add_pattern(flavor.text(), where, patterns);
  if (rest.empty()) return patterns;
  for (FlavorPattern& pattern : patterns_for(rest, counted, all, where)) patterns.push_back(std::move(pattern));
  return patterns;
}

KernelCondition condition_for(const KernelSet& kernels, const KernelSet& counted,
                              std::span<const std::shared_ptr<const Kernel>> all, const SourceSpan& where) {
  if (kernels == counted) return {};
  return {.flavors = patterns_for(kernels, counted, all, where), .range = {}};
}

}  // namespace kmpack
