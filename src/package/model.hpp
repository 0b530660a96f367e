#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "kmpack/cell.hpp"
#include "kmpack/kernel.hpp"
#include "kmpack/module.hpp"
#include "kmpack/names.hpp"
#include "kmpack/package.hpp"

namespace kmpack {

/// A wish about another package. `any_of` has one name, or several of which one is enough.
struct Relation {
  std::vector<std::string> any_of;
  std::string compare;  ///< "", "=" or ">="; only with one name
  std::string version;
  std::string verbatim;  ///< what the user wrote for this format, or a form only that format has; the rest is empty then
  std::string phases;    ///< rpm scripts that need it, as `post,postun`; empty: the package itself
};

/// A plain_config is a generated one: an rpm's newer version replaces it, whatever was changed.
enum class FileKind { module, config, plain_config, data, firmware, document, license };

/// One file of a package. `path` is absolute and is where it will lie.
struct PackedFile {
  std::filesystem::path path;
  FileKind kind = FileKind::data;
  unsigned mode = 0644;
  std::filesystem::path source;  ///< file with the content; empty: `content` is it
  std::string content;
  std::filesystem::path link;  ///< not empty: a symbolic link to this, and neither file nor text
};

/// Which scriptlets an rpm has around the user's fragments.
enum class RpmScripts {
  index,       ///< depmod for one kernel
  kmp,         ///< SUSE's kernel-scriptlets, else depmod
  weak,        ///< weak-modules once per transaction, else depmod
  certificate  ///< SUSE's cert-scriptlets
};

/// What the scripts of a package do; how, each format knows.
struct ScriptPlan {
  std::string release;                  ///< kernel whose module index is refreshed; empty: none
  std::filesystem::path release_root;   ///< /lib/modules/<release>
  Initramfs initramfs = Initramfs::no;  ///< of that kernel only
  RpmScripts rpm = RpmScripts::index;
  std::string flavor;                            ///< kmp: the kernel's
  std::string base_release;                      ///< kmp: the kernel's release without its flavor
  std::string certificates;                      ///< certificate: names without .crt, divided by blanks
  std::string trigger;                           ///< deb: of this kernel, instead of making its initramfs here; empty: none
  std::filesystem::path enrol;                   ///< deb: where the package has the signer's certificate in DER; empty: none
  std::map<ScriptPhase, std::string> fragments;  ///< POSIX shell the user adds

  [[nodiscard]] bool empty() const noexcept { return release.empty() && fragments.empty(); }
};

/// One package before a format gives it its form: the same record for deb and rpm. Names and versions are those of `format`
/// already.
struct PackageModel {
  Format format = Format::deb;
  PackageKind kind = PackageKind::modules;
  std::string name;
  std::string source;          ///< deb: of the source package that makes the same packages
  std::string source_version;  ///< deb: its version, which names no kernel
  std::string version;
  std::string release;  ///< empty never
  std::string arch;     ///< as the format spells it; "all" and "noarch" for packages that fit every machine
  std::string summary;
  std::string description;  ///< paragraphs divided by an empty line
  std::string license;
  std::string url;
  std::string vendor;
  Maintainer maintainer;
  std::string change;                 ///< the one entry of the changelog
  std::int64_t epoch = 0;             ///< time of every file and of the build
  std::string priority = "optional";  ///< deb only
  std::vector<Relation> needs;
  std::vector<Relation> provides;
  std::vector<Relation> conflicts;
  std::vector<Relation> replaces;
  std::vector<Relation> enhances;      ///< rpm only
  std::vector<Relation> supplements;   ///< rpm only
  KernelRelease built_for;             ///< the modules were built for this other kernel; empty: for the one they are packed for
  std::vector<std::string> build_ids;  ///< deb: of what a -dbgsym package is for, lower-case hex
  std::vector<PackedFile> files;       ///< sorted by path
  /// Directories of files that belong to another package and stay when this one goes.
  std::set<std::filesystem::path> foreign_directories;
  ScriptPlan scripts;

  /// `1.0-1`, as relations and users write it.
  [[nodiscard]] std::string full_version() const { return version + "-" + release; }
};

/// What lies at `place` now that the model was written there. Errors: file-unreadable.
PackageFile finished_package(const PackageModel& model, const std::filesystem::path& place);

/// The package of one cell's modules.
///
/// Errors:  architecture-unknown, document-missing (a license or document that the patched source lacks, or that leaves it).
PackageModel module_package_model(const Cell& cell, const HeaderTree& headers, std::span<const SealedModule> modules,
                                  const BuildRecord& build, Format format);

/// The deb without files that follows the newest kernel of a flavor: it needs the modules for exactly that kernel, and the
/// distribution's word that this is the newest, so that a kernel the modules are not built for yet is held back.
///
/// Source:  Debian linux debian/templates (Provides: linux-latest-modules-…).
PackageModel flavor_meta_model(const Cell& cell, const HeaderTree& headers);

/// True when the manifest installs files that do not belong to one kernel.
bool needs_common_package(const Manifest& manifest) noexcept;

/// Files of all kernels: modprobe.d, modules-load.d, firmware (docs/decisions/0003-common-package.md).
PackageModel common_package_model(const Manifest& manifest, const InstallRules& rules, Format format, std::int64_t epoch);

}  // namespace kmpack
