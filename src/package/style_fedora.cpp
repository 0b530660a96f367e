#include <fmt/format.h>

#include "package/documents.hpp"
#include "package/model_parts.hpp"
#include "package/naming.hpp"
#include "package/rpm_style.hpp"

namespace kmpack {
/// Source:  facts redhat.md section 2.1.
void style_fedora(PackageModel& model, const RpmCell& rpm) {
  model.name = rpm_modules_name(rpm.cell);
  const std::string release = release_in_relations(rpm.kernel());
  // rpm takes no version with two dashes (redhat.md section 2.1, openzfs/spl#691).
  if (is_rpm_version(release)) model.provides.push_back(exact_relation("kernel-modules-for-kernel", release));
  model.provides.push_back(exact_relation(rpm_name(rpm.manifest().name.str() + "-kmod"), model.full_version()));
  // Not installonlypkg(kernel-module): the name says which kernel already, and dnf would install a newer version for the same
  // kernel beside the old one, where their files are the same (dnf 4.14: "conflicts with file from package"). For depmod, which
  // the scripts run.
  model.needs.push_back(plain_relation("kmod"));
  relate_kernel(model, rpm);
  model.foreign_directories.insert(model.scripts.release_root);
}

// Two series of one flavor follow different kernels, so their packages have different names.
std::string fedora_meta_name(const Cell& cell) {
  const std::string& suffix = cell.kernel->rules.meta_suffix;
  return rpm_name("kmod-" + cell.manifest->name.str() + (suffix.empty() ? "" : "-" + suffix));
}

PackageModel fedora_meta_model(const RpmCell& rpm) {
  const Manifest& manifest = rpm.manifest();
  const std::string& release = rpm.kernel().release.str();
  PackageModel model = begin_model(manifest, Format::rpm, PackageKind::flavor_meta, rpm.headers.epoch);
  model.name = fedora_meta_name(rpm.cell);
  model.arch = package_arch(rpm.kernel(), Format::rpm);
  model.needs.push_back(exact_relation(rpm_modules_name(rpm.cell), model.full_version()));
  // A newer kernel makes a newer package of the same name; the letter keeps the manifest's next release above it.
  model.release += "_k" + rpm_version_part(release);
  add_paragraph(model, fmt::format("This package needs the modules for the newest kernel of its flavor, now Linux {}.", release));
  model.summary = summary_with(model.summary, "newest kernel");
  model.change = fmt::format("Follows Linux {}.", release);
  add_documents(model, manifest, {});
  sort_files(model);
  return model;
}

}  // namespace kmpack
