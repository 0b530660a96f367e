#include "manifest/dkms_import_kernels.hpp"

#include <map>
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

KernelCondition condition_for(const KernelSet& kernels, const KernelSet& counted,
                              std::span<const std::shared_ptr<const Kernel>> all, const SourceSpan& where) {
  if (kernels == counted) return {};
  return {.flavors = patterns_for(kernels, counted, all, where), .range = {}};
}

}  // namespace kmpack
