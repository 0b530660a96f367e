#include "headers/find.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "headers/apt_archive.hpp"
#include "headers/archive_kernels.hpp"
#include "headers/config.hpp"
#include "headers/installed_trees.hpp"
#include "headers/kernel_records.hpp"
#include "headers/rpm_archive.hpp"
#include "headers/store.hpp"
#include "headers/store_layout.hpp"
#include "headers/tree.hpp"
#include "kmpack/architecture.hpp"
#include "sys/files.hpp"
#include "sys/log.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

class Finder {
 public:
  Finder(const HeaderSources& sources, std::span<const Catalogue> catalogues, Diagnostics& problems)
      : sources_(sources), catalogues_(catalogues), names_(catalogues), problems_(problems) {}

  void add_given() {
    for (const fs::path& directory : sources_.given) {
      std::error_code absent;
      const fs::path real = fs::canonical(directory, absent);
      const std::vector<fs::path> below = absent || is_header_tree(real) ? std::vector<fs::path>{real} : trees_of_root(real);
      bool any = false;
      for (const fs::path& tree : below) {
        // A tree alone, or under the root it was unpacked to.
        const fs::path root = tree == real ? root_above(tree) : real;
        if (!absent) any |= add_tree(tree, root, HeadersOrigin::given, distribution_of_root(root));
      }
      if (any) continue;
      problems_.report(
          {.code = "headers-unusable",
           .message = fmt::format("{} is no header tree and has none below usr/src or lib/modules", directory.string()),
           .where = {},
           .notes = {},
           .hint = "give the directory that has Module.symvers and .config, or the root above usr/src"});
    }
  }

  void add_installed() {
    const std::string distribution = distribution_of_root(sources_.root);
    for (const fs::path& tree : trees_of_root(sources_.root))
      add_tree(tree, fs::absolute(sources_.root), HeadersOrigin::installed, distribution);
  }

  void add(const std::shared_ptr<const Kernel>& kernel) {
    const auto [place, fresh] = kernels_.try_emplace(std::pair(kernel->flavor, kernel->release), kernel);
    if (fresh) return;
    std::shared_ptr<const Kernel>& known = place->second;
    if (replaces(*kernel, *known)) {
      known = kernel;
    } else if (known->packages.empty()) {
      // Its image may be fetched even where its headers are at hand.
      auto with_image = std::make_shared<Kernel>(*known);
      std::ranges::copy_if(kernel->packages, std::back_inserter(with_image->packages),
                           [](const ArchivePackage& package) { return package.role == ArchiveRole::image; });
      if (with_image->package_version.empty()) with_image->package_version = kernel->package_version;
      known = std::move(with_image);
    }
  }

  [[nodiscard]] bool knows(const Kernel& kernel) const { return kernels_.contains({kernel.flavor, kernel.release}); }

  /// The newest of a flavor and series, or null.
  [[nodiscard]] const Kernel* newest(const FlavorId& flavor, std::string_view series) const {
    const Kernel* newest = nullptr;
    for (const auto& [key, kernel] : kernels_) {
      if (key.first == flavor && kernel->series == series && (newest == nullptr || older(*newest, *kernel)))
        newest = kernel.get();
    }
    return newest;
  }

  [[nodiscard]] std::set<std::string> distributions() const {
    std::set<std::string> known;
    for (const auto& [key, kernel] : kernels_) known.insert(key.first.distribution);
    return known;
  }

  [[nodiscard]] Kernels result() const {
    Kernels kernels;
    for (const auto& [key, kernel] : kernels_) kernels.push_back(kernel);
    std::ranges::sort(kernels, [](const auto& left, const auto& right) {
      if (const auto order = left->flavor <=> right->flavor; order != 0) return order < 0;
      return older(*left, *right);
    });
    return kernels;
  }

 private:
  /// Only an explicit refresh takes a stored kernel's place, and only with another build of it.
  [[nodiscard]] bool replaces(const Kernel& kernel, const Kernel& known) const {
    const bool of_archive = kernel.origin == HeadersOrigin::apt || kernel.origin == HeadersOrigin::rpm_md;
    return sources_.metadata == Metadata::refresh && of_archive && known.origin == HeadersOrigin::store &&
           set_digest(kernel) != set_digest(known);
  }

  /// A tree in one of the places below `/x/usr/src` belongs to `/x`; any other stands alone.
  static fs::path root_above(const fs::path& tree) {
    // linux-headers-K, kernels/K, linux-V-obj/<cpu>/<flavor>
    fs::path source = tree.parent_path();
    for (int level = 0; level < 3; ++level, source = source.parent_path()) {
      if (source.filename() == "src" && source.parent_path().filename() == "usr") return source.parent_path().parent_path();
    }
    return tree;
  }

  bool add_tree(const fs::path& tree, const fs::path& root, HeadersOrigin origin, const std::string& distribution) {
    if (!is_header_tree(tree)) return false;
    const auto release = release_of_tree(tree);
    if (!release) return false;
    const std::string machine = machine_of(read_kernel_config(tree));
    auto kernel =
        std::make_shared<Kernel>(Kernel{.release = KernelRelease(*release), .origin = origin, .tree = tree, .root = root});
    // Ubuntu 22.04 and 24.04 have kernels of one name; a system has its own.
    const auto own = [&](const Catalogue& catalogue) { return catalogue.id == distribution; };
    if (const CatalogueEntry entry = names_.find(*release, machine, own); entry.catalogue != nullptr) {
      kernel->flavor = entry.id();
      kernel->series = entry.series->name;
      kernel->rules = entry.catalogue->rules_for(*entry.flavor, *entry.series);
    } else {
      // No catalogue knows it, but it is here, as `make bindeb-pkg` makes them: given/<release>.
      const Architecture* const arch = find_architecture(machine);
      kernel->flavor = {std::string(kGivenDistribution), *release,
                        std::string(arch == nullptr ? host_architecture().deb : arch->deb)};
    }
    add(kernel);
    return true;
  }

  const HeaderSources& sources_;
  std::span<const Catalogue> catalogues_;
  ReleaseNames names_;
  Diagnostics& problems_;
  std::map<std::pair<FlavorId, KernelRelease>, std::shared_ptr<const Kernel>> kernels_;
};

std::vector<std::string> all_architectures(std::span<const Catalogue> catalogues) {
  std::set<std::string> all;
  for (const Catalogue& catalogue : catalogues) {
    if (catalogue.rules.family != PackageFamily::deb) continue;
    for (const CatalogueFlavor& flavor : catalogue.flavors) all.insert(flavor.arch);
  }
  return {all.begin(), all.end()};
}

std::vector<std::string> wanted_debian_architectures(std::span<const FlavorPattern> wanted,
                                                     std::span<const Catalogue> catalogues) {
  std::set<std::string> all;
  for (const Catalogue& catalogue : catalogues) {
    if (catalogue.rules.family != PackageFamily::deb) continue;
    for (std::string& arch : wanted_architectures(wanted, {&catalogue, 1})) all.insert(std::move(arch));
  }
  return {all.begin(), all.end()};
}

void report(const AptFailure& failure, Severity severity, Diagnostics& problems) {
  const bool is_unsigned = failure.kind == AptFailure::Kind::unsigned_metadata;
  problems.report({.severity = severity,
                   .code = is_unsigned ? "archive-unsigned" : "archive-unreachable",
                   .message = is_unsigned ? fmt::format("the package source {} is not used, for it is not signed", failure.source)
                                          : fmt::format("the package source {} cannot be used", failure.source),
                   .where = {},
                   .notes = {failure.reason},
                   .hint = is_unsigned ? "sign it and name its key with Signed-By; kmpack trusts no unsigned metadata"
                                       : "check the network, or work from the header store with --offline"});
}

/// How much it matters that a kernel cannot be had; nothing when nobody asked for it.
std::optional<Severity> gravity(const Kernel& kernel, std::span<const Catalogue> catalogues,
                                std::span<const FlavorPattern> wanted, const Finder& finder) {
  if (wanted.empty()) return Severity::warning;
  const auto catalogue = std::ranges::find(catalogues, kernel.flavor.distribution, &Catalogue::id);
  const Kernel* const newest = finder.newest(kernel.flavor, kernel.series);
  std::optional<Severity> result;
  for (const FlavorPattern& pattern : wanted) {
    if (!means_flavor(pattern, kernel.flavor, catalogue == catalogues.end() ? nullptr : &*catalogue)) continue;
    if (pattern.release == kernel.release.str()) return Severity::error;
    if (pattern.release && *pattern.release != kernel.series) {
      // All that are available were asked for, and it is not.
      if (glob_matches(*pattern.release, kernel.release.str())) result = Severity::warning;
      continue;
    }
    if (newest == nullptr) return Severity::error;
    if (older(*newest, kernel)) result = Severity::warning;
  }
  return result;
}

void report(const IncompleteArchiveKernel& incomplete, Severity severity, Diagnostics& problems) {
  const ArchivePackage& headers = incomplete.kernel.packages.front();
  problems.report({.severity = severity,
                   .code = "headers-unusable",
                   .message = fmt::format("{} is left out: {} {} needs {}, which no archive has", incomplete.kernel.id(),
                                          headers.name, headers.version, incomplete.part),
                   .where = {},
                   .notes = {"it is in " + headers.url},
                   .hint = "its archive may be in the middle of an update: kmpack flavors fetch reads the metadata again; or a "
                           "source with that package is not among APT's"});
}

ArchiveKernels apt_kernels(const HeaderSources& sources, std::span<const Catalogue> catalogues,
                           std::span<const FlavorPattern> wanted, const Errands& errands, Diagnostics& problems) {
  const std::vector<std::string> prefixes = interesting_prefixes(catalogues);
  const std::vector<std::string> architectures = wanted_debian_architectures(wanted, catalogues);
  // Who means other distributions only has nothing to ask APT for.
  if (prefixes.empty() || (!wanted.empty() && architectures.empty())) return {};
  const AptAnswer answer = apt_packages(sources, architectures, all_architectures(catalogues), prefixes, errands);
  ArchiveKernels found = archive_kernels(answer.packages, catalogues);
  // A source without kernels that fails is a pity; when no kernel came at all it is the reason.
  const Severity severity = found.kernels.empty() ? Severity::error : Severity::warning;
  for (const AptFailure& failure : answer.failures) report(failure, severity, problems);
  return found;
}

}  // namespace

Kernels find_kernels(const HeaderSources& sources, std::span<const Catalogue> catalogues, std::span<const FlavorPattern> wanted,
                     const Errands& errands, Diagnostics& problems) {
  Finder finder(sources, catalogues, problems);
  finder.add_given();
  finder.add_installed();
  for (const auto& kernel : stored_kernels(sources.cache, catalogues)) finder.add(kernel);
  if (sources.metadata != Metadata::none) {
    const ArchiveKernels of_apt = apt_kernels(sources, catalogues, wanted, errands, problems);
    for (const auto& kernel : of_apt.kernels) finder.add(kernel);
    for (const IncompleteArchiveKernel& incomplete : of_apt.incomplete) {
      if (finder.knows(incomplete.kernel)) continue;
      if (const auto severity = gravity(incomplete.kernel, catalogues, wanted, finder)) report(incomplete, *severity, problems);
    }
    for (const auto& kernel : rpm_md_kernels(sources, catalogues, wanted, finder.distributions(), errands, problems))
      finder.add(kernel);
  }
  return finder.result();
}

}  // namespace kmpack
