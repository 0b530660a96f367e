#include "flavors/select.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/text.hpp"
#include "kmpack/architecture.hpp"

namespace kmpack {
namespace {

bool is_host(std::string_view arch) noexcept { return find_architecture(arch) == &host_architecture(); }

/// `arm64`, `rt-arm64` and `*-arm64` say an architecture themselves; `rt-*` does not.
bool says_architecture(std::string_view flavor, std::string_view arch) noexcept {
  const std::string_view tail = flavor.substr(flavor.find_last_of("*?") + 1);
  return tail == arch || (tail.ends_with(arch) && tail[tail.size() - arch.size() - 1] == '-');
}

bool catalogued_for_host(const Catalogue* catalogue, std::string_view flavor) noexcept {
  return catalogue != nullptr && std::ranges::any_of(catalogue->flavors, [&](const CatalogueFlavor& candidate) {
           return candidate.name == flavor && is_host(candidate.arch);
         });
}

bool architecture_fits(const FlavorPattern& pattern, const FlavorId& id, const Catalogue* catalogue) noexcept {
  if (pattern.arch) return glob_matches(*pattern.arch, id.arch) || same_architecture(*pattern.arch, id.arch);
  if (is_host(id.arch) || says_architecture(pattern.flavor, id.arch)) return true;
  return pattern.flavor == id.flavor && !catalogued_for_host(catalogue, id.flavor);
}

const Catalogue* catalogue_of(std::span<const Catalogue> catalogues, std::string_view id) noexcept {
  const auto found = std::ranges::find(catalogues, id, &Catalogue::id);
  return found == catalogues.end() ? nullptr : &*found;
}

bool by_flavor_and_age(const std::shared_ptr<const Kernel>& left, const std::shared_ptr<const Kernel>& right) noexcept {
  if (const auto order = left->flavor <=> right->flavor; order != 0) return order < 0;
  return older(*left, *right);
}

/// Works on one pattern after the other over the same available kernels, which are sorted.
class Selection {
 public:
  Selection(std::span<const Catalogue> catalogues, std::span<const std::shared_ptr<const Kernel>> available,
            Diagnostics& problems)
      : catalogues_(catalogues), available_(available), chosen_(available.size(), false), problems_(problems) {}

  void take(const FlavorPattern& pattern) {
    std::vector<std::size_t> of_flavor;
    bool any = false;
    // Those of a flavor stand together, and what holds for the flavor is found out once.
    for (std::size_t i = 0; i < available_.size();) {
      const FlavorId& id = available_[i]->flavor;
      const Catalogue* const catalogue = catalogue_of(catalogues_, id.distribution);
      const bool is_meant = means_flavor(pattern, id, catalogue);
      const bool is_series = pattern.release && catalogue != nullptr && catalogue->find_series(*pattern.release) != nullptr;
      for (; i < available_.size() && available_[i]->flavor == id; ++i) {
        if (!is_meant) continue;
        of_flavor.push_back(i);
        if (!release_fits(pattern, *available_[i], is_series)) continue;
        any = true;
        if (!pattern.release || is_series) {
          newest(i);
        } else {
          chosen_[i] = true;
        }
      }
    }
    if (of_flavor.empty()) return report_flavor(pattern);
    take_newest();
    if (!any) report_kernel(pattern, of_flavor);
  }

  [[nodiscard]] Kernels result() const {
    Kernels kernels;
    for (std::size_t i = 0; i < available_.size(); ++i) {
      if (chosen_[i]) kernels.push_back(available_[i]);
    }
    return kernels;
  }

 private:
  [[nodiscard]] static bool release_fits(const FlavorPattern& pattern, const Kernel& kernel, bool is_series) noexcept {
    if (!pattern.release) return true;
    return is_series ? kernel.series == *pattern.release : glob_matches(*pattern.release, kernel.release.str());
  }

  /// Available kernels come oldest first, so the last of a group is its newest.
  void newest(std::size_t i) { newest_[{available_[i]->flavor, available_[i]->series}] = i; }
  void take_newest() {
    for (const auto& [group, i] : newest_) chosen_[i] = true;
    newest_.clear();
  }

  void report(const FlavorPattern& pattern, std::string_view code, std::string message, std::optional<std::string> hint) {
    problems_.report({.code = code,
                      .message = std::move(message),
                      .where = pattern.where.file.empty() ? std::nullopt : std::optional(pattern.where),
                      .notes = {},
                      .hint = std::move(hint)});
  }

  void report_flavor(const FlavorPattern& pattern) {
    std::vector<std::string> known;
    std::vector<std::string> meant;
    for (const Catalogue& catalogue : catalogues_) {
      for (const CatalogueFlavor& flavor : catalogue.flavors) {
        const FlavorId id{catalogue.id, flavor.name, flavor.arch};
        known.push_back(id.text());
        if (means_flavor(pattern, id, &catalogue)) meant.push_back(id.text());
      }
    }
    if (!meant.empty()) {
      const std::string names = meant.size() == 1 ? meant.front() : fmt::format("any flavor that '{}' means", pattern.text);
      return report(pattern, "flavor-absent", fmt::format("no kernel of {} is available", names),
                    fmt::format("kmpack flavors fetch '{}'", pattern.text));
    }
    const std::string text = pattern.distribution + "/" + pattern.flavor + (pattern.arch ? "." + *pattern.arch : "");
    const auto guess = is_glob(text) ? std::nullopt : nearest(text, known);
    report(pattern, "flavor-unknown", fmt::format("no catalogue has the flavor '{}'", text),
           guess ? fmt::format("did you mean '{}'?", *guess) : "kmpack flavors lists those that are known");
  }

  void report_kernel(const FlavorPattern& pattern, const std::vector<std::size_t>& of_flavor) {
    std::vector<std::string> releases;
    for (const std::size_t i : of_flavor) releases.push_back(available_[i]->release.str());
    const auto guess = is_glob(*pattern.release) ? std::nullopt : nearest(*pattern.release, releases);
    report(pattern, "kernel-absent", fmt::format("no kernel available matches '{}'", pattern.text),
           guess ? fmt::format("did you mean '{}'?", *guess) : fmt::format("the newest available is {}", releases.back()));
  }

  std::span<const Catalogue> catalogues_;
  std::span<const std::shared_ptr<const Kernel>> available_;
  std::vector<bool> chosen_;
  std::map<std::pair<FlavorId, std::string>, std::size_t> newest_;
  Diagnostics& problems_;
};

}  // namespace

bool older(const Kernel& left, const Kernel& right) noexcept {
  const int order = compare_versions(left.release.str(), right.release.str());
  return order != 0 ? order < 0 : left.release < right.release;
}

bool means_flavor(const FlavorPattern& pattern, const FlavorId& flavor, const Catalogue* catalogue) noexcept {
  return glob_matches(pattern.distribution, flavor.distribution) && glob_matches(pattern.flavor, flavor.flavor) &&
         architecture_fits(pattern, flavor, catalogue);
}

Kernels in_order_of_age(Kernels kernels) {
  std::ranges::sort(kernels, by_flavor_and_age);
  return kernels;
}

Kernels select_kernels(std::span<const FlavorPattern> patterns, std::span<const Catalogue> catalogues,
                       std::span<const std::shared_ptr<const Kernel>> available, Diagnostics& problems) {
  Kernels sorted;
  if (!std::ranges::is_sorted(available, by_flavor_and_age)) {
    sorted = in_order_of_age({available.begin(), available.end()});
    available = sorted;
  }
  Selection selection(catalogues, available, problems);
  for (const FlavorPattern& pattern : patterns) selection.take(pattern);
  return selection.result();
}

std::vector<std::string> wanted_architectures(std::span<const FlavorPattern> patterns, std::span<const Catalogue> catalogues) {
  std::set<std::string> wanted;
  for (const Catalogue& catalogue : catalogues) {
    for (const CatalogueFlavor& flavor : catalogue.flavors) {
      const FlavorId id{catalogue.id, flavor.name, flavor.arch};
      const auto means = [&](const FlavorPattern& pattern) { return means_flavor(pattern, id, &catalogue); };
      if (std::ranges::any_of(patterns, means)) wanted.insert(flavor.arch);
    }
  }
  return {wanted.begin(), wanted.end()};
}

}  // namespace kmpack
