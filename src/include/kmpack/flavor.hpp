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

enum class Compression { none, gzip, xz, zstd };

/// How a family of rpm distributions names, relates and scripts packages of kernel modules.
enum class RpmStyle {
  plain,  ///< kmod-<name>-<release>: for kernels of no rpm distribution
  kmp,    ///< SUSE: <name>-kmp-<flavor>, kernel-scriptlets
  kmod,   ///< Red Hat: kmod-<name>[-<variant>], weak-modules
  fedora  ///< kmod-<name>-<release> and a meta package kmod-<name>
};

/// What an rpm of modules asks of its kernel.
enum class KernelPin {
  symbols,  ///< the CRCs of all symbols it needs: every kernel that offers them will do
  exact,    ///< this release
  rich      ///< this release where any kernel of the flavor is installed: `(kernel = K if kernel)`
};

/// How SUSE writes "with this kernel and this package".
enum class SupplementsForm { packageand, rich };

/// What the maker of rpms needs to know of a distribution and one of its flavors. Data from the catalogue.
struct RpmRules {
  RpmStyle style = RpmStyle::plain;
  KernelPin pin = KernelPin::exact;
  SupplementsForm supplements = SupplementsForm::rich;
  std::string kernel;   ///< package of the kernel itself: kernel-default, kernel, kernel-rt
  std::string devel;    ///< package of its headers: kernel-default-devel, kernel-64k-devel
  std::string variant;  ///< what kmod names end in: rt, 64k-debug; empty for the default kernel
  std::string suffix;   ///< what its releases end in: -default, +rt, .64k; may be empty
  std::string tree;     ///< where `devel` puts the tree that modules build against: /usr/src/kernels/{release}
};

/// What the maker of debs needs to know of a distribution. Data from the catalogue.
struct DebRules {
  std::string modules = "{name}-modules-{release}";  ///< name of the modules' package; {name}, {release}
  std::string meta = "{name}-modules-{meta}";        ///< name of the flavor's meta package; {name}, {meta}
  std::string trigger;  ///< dpkg trigger of one kernel that refreshes its initramfs and boot loader, {release}; empty: none
};

/// What package makers need to know of a distribution: data from the catalogue, nothing computed.
struct InstallRules {
  PackageFamily family = PackageFamily::deb;
  std::filesystem::path modules_root = "/lib/modules";  ///< /usr/lib/modules on Debian 13 and Fedora's merged layout
  std::string directory = "updates/{name}";             ///< below <modules_root>/<release>/; {name} is the package name
  std::vector<std::string> image_packages;              ///< alternatives, {release}: linux-image-{release}
  std::string latest_modules;                           ///< what a flavor meta pins, {release}; empty: none
  std::string meta_suffix;                              ///< name the flavor meta package ends in: amd64, 6.12-amd64
  std::vector<Compression> readable;                    ///< what the target's module tools read; empty: all
  DebRules deb;
  RpmRules rpm;
};

}  // namespace kmpack
