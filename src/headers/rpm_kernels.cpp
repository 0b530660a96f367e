#include "headers/rpm_kernels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/text.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

/// Every series of every flavor once, with what its headers package is called.
struct Place {
  const CatalogueFlavor* flavor;
  const CatalogueSeries* series;
  std::string headers;
};

std::vector<Place> places_of(const Catalogue& catalogue) {
  std::vector<Place> places;
  for (const CatalogueFlavor& flavor : catalogue.flavors) {
    for (const std::string& name : flavor.series) {
      const CatalogueSeries* const series = catalogue.find_series(name);
      if (series != nullptr) places.push_back({&flavor, series, Catalogue::filled(series->headers, flavor)});
    }
  }
  return places;
}

/// SUSE counts rebuilds in the last number of a package's release, and the kernel's own release goes without it.
/// Source: openSUSE kernel-source, rpm/kernel-binary.spec.in (%define kernelrelease).
std::string base_release(std::string_view release) {
  const std::size_t dot = release.rfind('.');
  const bool counted =
      dot != release.npos && dot + 1 < release.size() && release.find_first_not_of("0123456789", dot + 1) == release.npos;
  return std::string(counted ? release.substr(0, dot) : release);
}

ArchivePackage to_archive_package(const RpmPackage& package) {
  return {.role = ArchiveRole::headers,
          .name = package.facts.name,
          .version = version_text(package.facts),
          .arch = package.facts.arch,
          .url = package.url,
          .sha256 = package.facts.digest,
          .size = package.facts.size};
}

class Offer {
 public:
  explicit Offer(std::span<const RpmPackage> packages) {
    for (const RpmPackage& package : packages) by_name_[package.facts.name].push_back(&package);
    // The newest first; of one that is there twice always the same.
    for (auto& [name, all] : by_name_) {
      std::ranges::sort(all, [](const RpmPackage* left, const RpmPackage* right) {
        if (const int order = compare_rpm_versions(left->facts, right->facts); order != 0) return order > 0;
        return std::tie(left->facts.digest, left->url) < std::tie(right->facts.digest, right->url);
      });
    }
  }

  [[nodiscard]] const std::vector<const RpmPackage*>& named(std::string_view name) const {
    static const std::vector<const RpmPackage*> kNone;
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? kNone : found->second;
  }

  /// The newest that is what `wanted` asks for.
  [[nodiscard]] const RpmPackage* part(const RpmRelation& wanted, std::string_view arch) const {
    for (const RpmPackage* const package : named(wanted.name)) {
      const bool runs = package->facts.arch == "noarch" || package->facts.arch == arch;
      if (runs && (wanted.compare != "=" || fits(package->facts, wanted.version))) return package;
    }
    return nullptr;
  }

 private:
  /// A requirement without a release means any; one without an epoch that of the package.
  static bool fits(const RpmMdPackage& package, std::string_view version) {
    if (const std::size_t colon = version.find(':'); colon != version.npos) version.remove_prefix(colon + 1);
    return version == package.version || version == package.version + "-" + package.release;
  }

  std::map<std::string_view, std::vector<const RpmPackage*>> by_name_;
};

/// Adds what `package` needs of the series' parts; answers what is not there.
std::optional<std::string> add_parts(const RpmPackage& package, const Place& place, const Offer& offer, Kernel& kernel,
                                     std::set<std::string_view>& seen) {
  for (const RpmRelation& needed : package.facts.requires_) {
    const auto starts = [&](const std::string& part) { return needed.name.starts_with(part); };
    if (!std::ranges::any_of(place.series->parts, starts) || !seen.insert(needed.name).second) continue;
    const RpmPackage* const part = offer.part(needed, place.flavor->arch);
    if (part == nullptr) return needed.text();
    kernel.packages.push_back(to_archive_package(*part));
    if (auto missing = add_parts(*part, place, offer, kernel, seen)) return missing;
  }
  return std::nullopt;
}

bool belongs(const ReleaseNames& names, const std::string& release, const Place& place) {
  if (release.empty()) return false;
  const CatalogueEntry entry = names.find(release, place.flavor->arch);
  return entry.flavor != nullptr && entry.flavor->name == place.flavor->name;
}

}  // namespace

std::string version_text(const RpmMdPackage& package) {
  const bool epoch = !package.epoch.empty() && package.epoch != "0";
  return (epoch ? package.epoch + ":" : "") + package.version + "-" + package.release;
}

std::string release_of(const RpmMdPackage& headers, const CatalogueSeries& series, const CatalogueFlavor& flavor) {
  std::string release = Catalogue::filled(series.uname, flavor);
  release = replaced(std::move(release), "{version}", headers.version);
  release = replaced(std::move(release), "{release}", headers.release);
  release = replaced(std::move(release), "{base-release}", base_release(headers.release));
  // It becomes part of paths and patterns, and came from a stranger's metadata.
  const bool plain = is_safe_relative(release) && release.find_first_of("/ \t@*?\\{}") == release.npos;
  return plain ? release : std::string();
}

RpmWishes wished_packages(const Catalogue& catalogue) {
  std::set<std::string> names;
  std::set<std::string> prefixes;
  for (const Place& place : places_of(catalogue)) {
    names.insert(place.headers);
    prefixes.insert(place.series->parts.begin(), place.series->parts.end());
  }
  return {.names = {names.begin(), names.end()}, .prefixes = {prefixes.begin(), prefixes.end()}};
}

RpmKernels rpm_kernels(std::span<const RpmPackage> packages, const Catalogue& catalogue) {
  const Offer offer(packages);
  const ReleaseNames names({&catalogue, 1});
  std::set<std::pair<FlavorId, std::string>> seen;
  RpmKernels found;
  for (const Place& place : places_of(catalogue)) {
    for (const RpmPackage* const package : offer.named(place.headers)) {
      if (package->facts.arch != place.flavor->arch) continue;
      const std::string release = release_of(package->facts, *place.series, *place.flavor);
      const FlavorId id{catalogue.id, place.flavor->name, place.flavor->arch};
      if (!belongs(names, release, place) || seen.contains({id, release})) continue;
      Kernel kernel{.flavor = id,
                    .series = place.series->name,
                    .release = KernelRelease(release),
                    .package_version = version_text(package->facts),
                    .origin = HeadersOrigin::rpm_md,
                    .rules = catalogue.rules_for(*place.flavor, *place.series)};
      kernel.packages.push_back(to_archive_package(*package));
      std::set<std::string_view> taken{package->facts.name};
      if (auto missing = add_parts(*package, place, offer, kernel, taken)) {
        found.incomplete.push_back({package->facts.name + " " + kernel.package_version, std::move(*missing)});
        continue;
      }
      seen.emplace(id, release);
      found.kernels.push_back(std::make_shared<Kernel>(std::move(kernel)));
    }
  }
  std::ranges::sort(found.kernels, [](const auto& left, const auto& right) {
    if (const auto order = left->flavor <=> right->flavor; order != 0) return order < 0;
    return older(*left, *right);
  });
  return found;
}

}  // namespace kmpack
