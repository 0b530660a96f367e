#include <algorithm>

#include "base/text.hpp"
#include "flavors/catalogue.hpp"
#include "kmpack/architecture.hpp"

namespace kmpack {
namespace {

std::vector<std::string> parts_of(std::string_view text) {
  const auto pieces = split(text, '-');
  return {pieces.begin(), pieces.end()};
}

/// Part by part, so that a `*` never swallows a dash and with it a piece of the flavor.
bool fits(const std::vector<std::string>& rule, const std::vector<std::string_view>& release) noexcept {
  return std::ranges::equal(rule, release,
                            [](const std::string& pattern, std::string_view part) { return glob_matches(pattern, part); });
}

}  // namespace

ReleaseNames::ReleaseNames(std::span<const Catalogue> catalogues) {
  for (const Catalogue& catalogue : catalogues) {
    for (const CatalogueFlavor& flavor : catalogue.flavors) {
      for (const std::string& name : flavor.series) {
        const CatalogueSeries* const series = catalogue.find_series(name);
        if (series == nullptr) continue;
        for (const std::string& form : words(series->releases)) {
          Rule rule{.entry = {&catalogue, &flavor, series}, .parts = parts_of(Catalogue::filled(form, flavor))};
          auto& rules = is_glob(rule.parts.back()) ? others_ : by_ending_[rule.parts.back()];
          rules.push_back(std::move(rule));
        }
      }
    }
  }
}

CatalogueEntry ReleaseNames::find(std::string_view release, std::string_view arch, const Preferred& preferred) const {
  const std::vector<std::string_view> parts = split(release, '-');
  CatalogueEntry first;
  // True when there is nothing better to come.
  const auto search = [&](const std::vector<Rule>& rules) {
    for (const Rule& rule : rules) {
      if (!fits(rule.parts, parts)) continue;
      if (!arch.empty() && !same_architecture(rule.entry.flavor->arch, arch)) continue;
      const bool best = !preferred || preferred(*rule.entry.catalogue);
      if (best || first.catalogue == nullptr) first = rule.entry;
      if (best) return true;
    }
    return false;
  };
  if (parts.empty()) return first;
  const auto found = by_ending_.find(parts.back());
  if (found == by_ending_.end() || !search(found->second)) search(others_);
  return first;
}

}  // namespace kmpack
