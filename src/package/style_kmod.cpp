#include <fmt/format.h>

#include "base/text.hpp"
#include "package/model_parts.hpp"
#include "package/naming.hpp"
#include "package/rpm_style.hpp"

namespace kmpack {
namespace {

/// 5.14.0-427.13.1.el9_4 of 5.14.0-427.13.1.el9_4.x86_64.
std::string version_release(const RpmCell& rpm, const std::string& arch) {
  std::string release = release_without_suffix(rpm.kernel());
  if (release.ends_with("." + arch)) release.resize(release.size() - arch.size() - 1);
  return release;
}

/// depmod's order takes the kernel's own module before one in weak-updates: each module needs lines of its own that say
/// otherwise.
///
/// Source:  facts redhat.md section 1.4.
std::string overrides(const RpmCell& rpm) {
  const std::string directory = replaced(rpm.kernel().rules.directory, "{name}", rpm.manifest().name.str());
  const std::size_t slash = directory.find('/');
  // weak-modules keeps the path below extra/.
  const std::string weak = "weak-updates" + (slash == std::string::npos ? std::string() : directory.substr(slash));
  // depmod reads the release as a regular expression: the + of a variant would not be one.
  const std::string pattern = replaced(rpm.kernel().release.str(), "+", "[+]");
  std::string text;
  for (const SealedModule& module : rpm.modules) {
    const std::string name = module.loader_name();
    text += fmt::format("override {} * {}\noverride {} {} {}\n", name, weak, name, pattern, directory);
  }
  return text;
}

}  // namespace

std::string kmod_name(const Manifest& manifest, const RpmRules& rules) {
  return rpm_name("kmod-" + manifest.name.str() + (rules.variant.empty() ? "" : "-" + rules.variant));
}

/// Source:  facts redhat.md sections 1.3 (tags), 1.4 (overrides), 5 (weak-modules).
void style_kmod(PackageModel& model, const RpmCell& rpm) {
  const std::string& variant = rpm.rules().variant;
  model.name = rpm_modules_name(rpm.cell);
  // Packages for several kernels of a flavor have one name. The kernel stands in the release, so that the version stays the
  // driver's; behind a letter, as in SUSE's packages, because rpm sorts numbers above letters: release 1.1 is newer than 1_k5.14.
  model.release += "_k" + rpm_version_part(version_release(rpm, model.arch));
  // A kernel of one's own may have a release that is no rpm version; nothing that asks for these knows it.
  const std::string release = release_in_relations(rpm.kernel());
  if (is_rpm_version(release)) {
    model.provides.push_back(least_relation("kernel-modules", release));
    if (!variant.empty()) {
      model.provides.push_back(least_relation(fmt::format("kernel-{}-modules", variant), release_without_suffix(rpm.kernel())));
    }
  }
  model.provides.push_back(exact_relation(rpm_name(rpm.manifest().name.str() + "-kmod"), model.full_version()));
  // Which kernel a package is for, its name does not say; others that need it for the same one ask for this.
  if (!follows_symbols(rpm)) model.provides.push_back(plain_relation(one_build_name(rpm)));
  for (const char* tool : {"/usr/sbin/depmod", "/usr/sbin/weak-modules"}) {
    model.needs.push_back({.any_of = {tool}, .phases = "post,postun"});
  }
  relate_kernel(model, rpm);
  model.files.push_back({.path = std::filesystem::path("/etc/depmod.d") / (model.name + ".conf"),
                         .kind = FileKind::plain_config,
                         .content = overrides(rpm)});
  model.scripts.rpm = RpmScripts::weak;
  // The kernel's; when it went first, the last script takes the directory away.
  model.foreign_directories.insert(model.scripts.release_root);
}

}  // namespace kmpack
