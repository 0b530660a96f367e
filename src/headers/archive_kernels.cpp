#include "headers/archive_kernels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>

#include "base/text.hpp"
#include "kmpack/architecture.hpp"

namespace kmpack {
namespace {

struct Dependency {
  std::string_view name;
  std::string_view exact;  ///< version after `=`; empty: any
};

/// The first alternative of each relation in a Depends field. Source: deb-control(5).
std::vector<Dependency> dependencies(std::string_view field) {
  std::vector<Dependency> all;
  for (const std::string_view relation : split(field, ',')) {
    const std::string_view text = trimmed(relation.substr(0, relation.find('|')));
    Dependency dependency{.name = text.substr(0, text.find_first_of(" (:")), .exact = {}};
    if (const std::size_t open = text.find("(="); open != std::string_view::npos) {
      dependency.exact = trimmed(text.substr(open + 2, text.find(')') - open - 2));
    }
    if (!dependency.name.empty()) all.push_back(dependency);
  }
  return all;
}

/// What {release} stands for in `name`, when `name` fits the template.
std::optional<std::string_view> release_in(std::string_view name, std::string_view form) {
  constexpr std::string_view kPlace = "{release}";
  const std::size_t at = form.find(kPlace);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view before = form.substr(0, at);
  const std::string_view after = form.substr(at + kPlace.size());
  if (name.size() <= before.size() + after.size() || !name.starts_with(before) || !name.ends_with(after)) return std::nullopt;
  return name.substr(before.size(), name.size() - before.size() - after.size());
}

ArchivePackage to_archive_package(const AptPackage& package, ArchiveRole role) {
  return {.role = role,
          .name = package.name,
          .version = package.version,
          .arch = package.arch,
          .url = package.url,
          .sha256 = package.sha256,
          .size = package.size};
}

class Archive {
 public:
  explicit Archive(std::span<const AptPackage> packages) {
    for (const AptPackage& package : packages) by_name_[package.name].push_back(&package);
  }

  /// The newest of that name for an architecture, or in the exact version; from the archive of `beside` where that has one.
  [[nodiscard]] const AptPackage* find(std::string_view name, std::string_view exact, std::string_view arch,
                                       const AptPackage& beside) const {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return nullptr;
    const AptPackage* newest = nullptr;
    for (const AptPackage* const package : found->second) {
      const bool runs = package->arch == "all" || package->arch == arch;
      if (!runs || (!exact.empty() && package->version != exact)) continue;
      if (package->origin == beside.origin && package->codename == beside.codename) return package;
      if (newest == nullptr) newest = package;
    }
    return newest;
  }

 private:
  std::unordered_map<std::string_view, std::vector<const AptPackage*>> by_name_;
};

bool is_part(std::string_view name, const CatalogueSeries& series) {
  return std::ranges::any_of(series.parts, [&](const std::string& part) { return glob_matches(part + "*", name); });
}

/// Adds what `package` needs of the series' parts. Returns what is not there.
std::optional<std::string> add_parts(const AptPackage& package, const CatalogueSeries& series, const Archive& archive,
                                     Kernel& kernel, std::set<std::string_view>& seen) {
  for (const Dependency& dependency : dependencies(package.depends)) {
    if (!is_part(dependency.name, series) || !seen.insert(dependency.name).second) continue;
    const std::string_view arch = host_architecture().deb;
    const AptPackage* const part = archive.find(dependency.name, dependency.exact, arch, package);
    if (part == nullptr) {
      return dependency.exact.empty() ? fmt::format("{} for {}", dependency.name, arch)
                                      : fmt::format("{} = {} for {}", dependency.name, dependency.exact, arch);
    }
    kernel.packages.push_back(to_archive_package(*part, ArchiveRole::headers));
    if (auto missing = add_parts(*part, series, archive, kernel, seen)) return missing;
  }
  return std::nullopt;
}

/// Ubuntu's images have their modules in a package of their own; without those an image can be neither resolved against nor
/// booted, so it is of no use here.
bool has_its_modules(const AptPackage& image, const KernelRelease& release) {
  const auto needs = dependencies(image.depends);
  return std::ranges::find(needs, "linux-modules-" + release.str(), &Dependency::name) == needs.end();
}

void add_image(const AptPackage& headers, const Archive& archive, Kernel& kernel) {
  for (const std::string& form : kernel.rules.image_packages) {
    const std::string name = replaced(form, "{release}", kernel.release.str());
    const AptPackage* image = archive.find(name, kernel.package_version, kernel.flavor.arch, headers);
    if (image == nullptr) image = archive.find(name, {}, kernel.flavor.arch, headers);
    if (image == nullptr || !has_its_modules(*image, kernel.release)) continue;
    kernel.packages.push_back(to_archive_package(*image, ArchiveRole::image));
    return;
  }
}

void add_kernel(const AptPackage& package, const CatalogueEntry& entry, std::string_view release, const Archive& archive,
                ArchiveKernels& found) {
  Kernel kernel{.flavor = entry.id(),
                .series = entry.series->name,
                .release = KernelRelease(std::string(release)),
                .package_version = package.version,
                .origin = HeadersOrigin::apt,
                .rules = entry.catalogue->rules_for(*entry.flavor, *entry.series)};
  kernel.packages.push_back(to_archive_package(package, ArchiveRole::headers));
  std::set<std::string_view> seen{package.name};
  if (auto missing = add_parts(package, *entry.series, archive, kernel, seen)) {
    found.incomplete.push_back({.kernel = std::move(kernel), .part = std::move(*missing)});
    return;
  }
  add_image(package, archive, kernel);
  found.kernels.push_back(std::make_shared<Kernel>(std::move(kernel)));
}

std::set<std::string_view> header_forms(std::span<const Catalogue> catalogues) {
  std::set<std::string_view> forms;
  for (const Catalogue& catalogue : catalogues) {
    for (const CatalogueSeries& series : catalogue.series) forms.insert(series.headers);
  }
  return forms;
}

}  // namespace

std::vector<std::string> interesting_prefixes(std::span<const Catalogue> catalogues) {
  std::set<std::string> prefixes;
  const auto add = [&](std::string_view form) { prefixes.emplace(form.substr(0, form.find('{'))); };
  for (const Catalogue& catalogue : catalogues) {
    if (catalogue.rules.family != PackageFamily::deb) continue;
    for (const std::string& image : catalogue.rules.image_packages) add(image);
    for (const CatalogueSeries& series : catalogue.series) {
      add(series.headers);
      for (const std::string& part : series.parts) add(part);
    }
  }
  return {prefixes.begin(), prefixes.end()};
}

ArchiveKernels archive_kernels(std::span<const AptPackage> packages, std::span<const Catalogue> catalogues) {
  const Archive archive(packages);
  const ReleaseNames names(catalogues);
  const std::set<std::string_view> forms = header_forms(catalogues);
  std::set<std::pair<FlavorId, std::string_view>> seen;
  ArchiveKernels found;
  for (const AptPackage& package : packages) {
    for (const std::string_view form : forms) {
      const auto release = release_in(package.name, form);
      if (!release) continue;
      const auto own = [&](const Catalogue& catalogue) { return catalogue.is_own_archive(package.origin, package.codename); };
      const CatalogueEntry entry = names.find(*release, package.arch, own);
      if (entry.catalogue == nullptr || entry.series->headers != form || !seen.emplace(entry.id(), *release).second) continue;
      add_kernel(package, entry, *release, archive, found);
    }
  }
  std::ranges::sort(found.kernels, [](const auto& left, const auto& right) {
    if (const auto order = left->flavor <=> right->flavor; order != 0) return order < 0;
    return older(*left, *right);
  });
  return found;
}

}  // namespace kmpack
