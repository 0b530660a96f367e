#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "kmpack/flavor.hpp"

namespace kmpack {

/// One line of kernels a distribution keeps up: Debian 12 has 6.1 and 6.12.
struct CatalogueSeries {
  std::string name;  ///< 6.1; what `@6.1` in a pattern means
  std::string
      releases;  ///< patterns of its releases, blanks between, with {flavor} and {arch}; `*` stops at dashes: 6.1.0-*-{flavor}
  std::string headers;  ///< name of the package with a kernel's headers, with {release}; rpm: {flavor}, {-variant}
  std::vector<std::string>
      parts;                ///< what names of packages start with that make up a header tree together; deb: `*` is anything
  std::string meta_suffix;  ///< with {flavor}: what flavor meta packages end in
  std::string uname;   ///< rpm: how a release follows from the version of its headers package: {version}-{release}.{arch}{suffix}
  std::string kernel;  ///< rpm: name of the kernel's package, with {flavor}, {-variant}
  std::string tree;    ///< rpm: where the headers package puts the tree, with {release}, {base}, {cpu}, {flavor}
};

struct CatalogueFlavor {
  std::string name;  ///< rt-amd64
  std::string arch;  ///< in the distribution's own spelling
  std::vector<std::string> series;
  std::string suffix;   ///< what its releases end in, where that is not its name: +64k-debug, .64k
  std::string variant;  ///< its name in package names where that may be left out: 64k-debug; empty for default kernels
};

/// A place with rpm-md metadata.
struct CatalogueRepository {
  std::string url;  ///< with {arch}; file:, http: or https:
  enum class Kind { base, mirrorlist, metalink } kind = Kind::base;
  std::filesystem::path key;       ///< OpenPGP key that its repomd.xml is signed with; absolute, or relative to the catalogue
  std::vector<std::string> archs;  ///< that it has; empty: all of the catalogue
};

/// How the Release files of a distribution's own APT archives introduce themselves.
struct CatalogueArchive {
  std::string origin;    ///< Ubuntu; that word or what goes on after it: Debian is also Debian Backports
  std::string codename;  ///< noble; also noble-updates
};

/// What is known about one distribution: data, read from `<id>.xml`.
struct Catalogue {
  std::filesystem::path file;
  std::string id;      ///< debian-12
  std::string title;   ///< Debian 12 "bookworm"
  InstallRules rules;  ///< meta_suffix is empty here: it belongs to series and flavor
  std::vector<CatalogueSeries> series;
  std::vector<CatalogueFlavor> flavors;
  std::vector<CatalogueRepository> repositories;
  std::vector<CatalogueArchive> archives;

  /// Is an archive that calls itself so one of this distribution's? Never, when either says nothing.
  [[nodiscard]] bool is_own_archive(std::string_view origin, std::string_view codename) const noexcept;
  [[nodiscard]] const CatalogueSeries* find_series(std::string_view name) const noexcept;
  /// A form of this catalogue with {flavor}, {arch}, {suffix}, {variant} and {-variant} filled in; other places stay.
  [[nodiscard]] static std::string filled(std::string_view form, const CatalogueFlavor& flavor);
  /// What package makers need for one flavor and series.
  [[nodiscard]] InstallRules rules_for(const CatalogueFlavor& flavor, const CatalogueSeries& of) const;
};

/// Where catalogues are looked for, in order: the command line's directories, $XDG_CONFIG_HOME/kmpack/flavors, those that came
/// with this program (<prefix>/share/kmpack/flavors, or its source tree), /usr/share/kmpack/flavors.
std::vector<std::filesystem::path> catalogue_directories(std::span<const std::filesystem::path> from_command_line);

/// Every `*.xml` in the directories; of two with one name the first counts. A directory that does not exist is empty.
///
/// Errors:  reports xml-*, element-*, attribute-*, value-unknown, catalogue-invalid, catalogue-missing (none found at all). A
/// file
///          with mistakes gives no catalogue.
/// Threads: safe from many.
std::vector<Catalogue> read_catalogues(std::span<const std::filesystem::path> directories, Diagnostics& problems);

/// A flavor and a series of a catalogue: what a release belongs to.
struct CatalogueEntry {
  const Catalogue* catalogue = nullptr;
  const CatalogueFlavor* flavor = nullptr;
  const CatalogueSeries* series = nullptr;

  [[nodiscard]] FlavorId id() const { return {catalogue->id, flavor->name, flavor->arch}; }
};

/// Finds the flavor and series of a kernel release by the naming rules of the catalogues, which must outlive it.
///
/// Shape:   a release is never cut at its last dash: flavors have dashes of their own (`6.1.0-56-rt-amd64` is rt-amd64). Of
/// several
///          entries that claim it the first of that architecture is taken whose catalogue is preferred, else the first.
/// Threads: safe from many.
class ReleaseNames {
 public:
  /// Whether what is known of a kernel's origin speaks for a catalogue: Ubuntu 22.04 and 24.04 both have 6.8.0-57-generic.
  using Preferred = std::function<bool(const Catalogue&)>;

  explicit ReleaseNames(std::span<const Catalogue> catalogues);
  /// `arch` in any spelling, or empty for any. Nothing (catalogue is null) when no catalogue knows such a release.
  [[nodiscard]] CatalogueEntry find(std::string_view release, std::string_view arch = {}, const Preferred& preferred = {}) const;

 private:
  struct Rule {
    CatalogueEntry entry;
    std::vector<std::string> parts;
  };
  std::map<std::string, std::vector<Rule>, std::less<>> by_ending_;  ///< what follows the last dash
  std::vector<Rule> others_;                                         ///< rules whose ending has a wildcard
};

}  // namespace kmpack
