#pragma once

#include <span>
#include <string>

#include "package/model.hpp"

/// What the families of rpm distributions do each in their own way. Private to this folder.
namespace kmpack {

/// What a style may look at.
struct RpmCell {
  const Cell& cell;
  const HeaderTree& headers;
  std::span<const SealedModule> modules;

  [[nodiscard]] const Manifest& manifest() const { return *cell.manifest; }
  [[nodiscard]] const Kernel& kernel() const { return *cell.kernel; }
  [[nodiscard]] const RpmRules& rules() const { return cell.kernel->rules.rpm; }
};

/// Give a modules' package its name, version and release, relations to kernel and modules, and the plan of its scripts. The rest
/// is there, with the modules in their places.
void style_plain(PackageModel& model, const RpmCell& rpm);
void style_kmp(PackageModel& model, const RpmCell& rpm);
void style_kmod(PackageModel& model, const RpmCell& rpm);
void style_fedora(PackageModel& model, const RpmCell& rpm);
/// The one that the kernel's distribution has.
void apply_style(PackageModel& model, const RpmCell& rpm);

/// Fedora's package without files that needs the modules for the newest kernel.
PackageModel fedora_meta_model(const RpmCell& rpm);

/// Name of that package.
std::string fedora_meta_name(const Cell& cell);
/// Name of the package of a cell's modules, in the style of its kernel.
std::string rpm_modules_name(const Cell& cell);
/// What a package provides that has one name for all kernels: its name and for which one this is,
/// `hello-kmp-default-k6.4.0_150600.23`.
std::string one_build_name(const RpmCell& rpm);
/// Is a package good for every kernel with the same symbols? Else for its own alone.
bool follows_symbols(const RpmCell& rpm);

/// Name of the source package; see spec_head().
std::string rpm_source_name(const Manifest& manifest, RpmStyle style);
/// `kmod-<name>` and, for another kernel than the default one, `-<variant>`.
std::string kmod_name(const Manifest& manifest, const RpmRules& rules);

/// The kernel's release without what its flavor adds: 6.4.0-150600.23.14, 5.14.0-427.el9.x86_64.
std::string release_without_suffix(const Kernel& kernel);
/// The release as rpm compares it: dashes in the suffix are underscores (5.14.0-427.el9.aarch64+64k_debug).
///
/// Source:  facts redhat.md section 1.7 (uname_suffix).
std::string release_in_relations(const Kernel& kernel);

/// Needs by which a package follows its kernel: symbols, this release, or this release where the kernel is installed. And what
/// the modules offer: symbols, file names, aliases.
///
/// Shape:   the manifest's policy wins over the distribution's. Without CRCs to compare (no MODVERSIONS, no Module.symvers)
/// symbols
///          become this release.
/// Errors:  file-unreadable, symvers-malformed.
void relate_kernel(PackageModel& model, const RpmCell& rpm);

}  // namespace kmpack
