#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/diagnostic.hpp"

namespace kmpack {

/// A kernel variant of a distribution on one architecture.
struct FlavorId {
  std::string distribution;  ///< debian-12
  std::string flavor;        ///< rt-amd64
  std::string arch;          ///< in the distribution's own spelling: amd64, x86_64

  auto operator<=>(const FlavorId&) const = default;
  /// `debian-12/rt-amd64`, or `DIST/FLAVOR.ARCH` where the flavor name does not end in the architecture.
  [[nodiscard]] std::string text() const;
};

/// `DIST/FLAVOR[.ARCH][@RELEASE]` with `*` and `?` within a part.
///
/// RELEASE may also be a series the catalogue names (`@6.12`): the newest kernel of that series. Without `@`: the newest of every
/// series. `@*`: all that are available.
struct FlavorPattern {
  std::string text;  ///< as written
  std::string distribution;
  std::string flavor;
  std::optional<std::string> arch;
  std::optional<std::string> release;
  SourceSpan where;
};

/// Reads a pattern. Reports flavor-pattern-invalid and returns nothing when it does not fit the grammar.
std::optional<FlavorPattern> parse_flavor_pattern(std::string_view text, const SourceSpan& where, Diagnostics& problems);

enum class PackageFamily { deb, rpm };

/// What package makers need to know of a distribution: data from the catalogue, nothing computed.
struct InstallRules {
  PackageFamily family = PackageFamily::deb;
  std::filesystem::path modules_root = "/lib/modules";  ///< /usr/lib/modules on Debian 13 and Fedora's merged layout
  std::string directory = "updates/{name}";             ///< below <modules_root>/<release>/; {name} is the package name
  std::vector<std::string> image_packages;              ///< alternatives, {release}: linux-image-{release}
  std::string latest_modules;                           ///< what a flavor meta pins, {release}; empty: none
  std::string meta_suffix;                              ///< name the flavor meta package ends in: amd64, 6.12-amd64
};

}  // namespace kmpack
