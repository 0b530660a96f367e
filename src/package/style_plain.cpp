#include "package/dependencies.hpp"
#include "package/model_parts.hpp"
#include "package/naming.hpp"
#include "package/rpm_style.hpp"

namespace kmpack {

void style_plain(PackageModel& model, const RpmCell& rpm) {
  const std::string& name = rpm.manifest().name.str();
  const std::string& release = rpm.kernel().release.str();
  model.name = rpm_modules_name(rpm.cell);
  stamp_kernel(model, rpm.kernel());
  model.needs.push_back(plain_relation("kmod"));
  // A release with two dashes is no rpm version. What such a kernel provides, when it is an rpm at all, is the name that the
  // kernel's own `make rpm-pkg` gives it.
  model.needs.push_back(is_rpm_version(release) ? exact_relation("kernel-uname-r", release)
                                                : plain_relation("kernel-" + release));
  model.provides.push_back(exact_relation(rpm_name("kmod-" + name), model.full_version()));
  model.provides.push_back(exact_relation(rpm_name(name + "-kmod"), model.full_version()));
  provide_abi(model, rpm.modules);
  model.conflicts.push_back(plain_relation(rpm_name("dkms-" + name)));
  model.conflicts.push_back(plain_relation(rpm_name(name + "-dkms")));
}

void apply_style(PackageModel& model, const RpmCell& rpm) {
  switch (rpm.rules().style) {
    case RpmStyle::plain:
      return style_plain(model, rpm);
    case RpmStyle::kmp:
      return style_kmp(model, rpm);
    case RpmStyle::kmod:
      return style_kmod(model, rpm);
    case RpmStyle::fedora:
      return style_fedora(model, rpm);
  }
}

std::string rpm_modules_name(const Cell& cell) {
  const RpmRules& rules = cell.kernel->rules.rpm;
  const std::string& name = cell.manifest->name.str();
  switch (rules.style) {
    case RpmStyle::kmp:
      return rpm_name(name + "-kmp") + "-" + cell.kernel->flavor.flavor;
    case RpmStyle::kmod:
      return kmod_name(*cell.manifest, rules);
    case RpmStyle::fedora:
    case RpmStyle::plain:
      break;
  }
  return rpm_name("kmod-" + name + "-" + cell.kernel->release.str());
}

std::string one_build_name(const RpmCell& rpm) {
  return rpm_modules_name(rpm.cell) + "-k" + rpm_version_part(release_without_suffix(rpm.kernel()));
}

std::string rpm_source_name(const Manifest& manifest, RpmStyle style) {
  const std::string& name = manifest.name.str();
  switch (style) {
    case RpmStyle::kmp:
      return rpm_name(name);
    case RpmStyle::kmod:
    case RpmStyle::fedora:
      return rpm_name(name + "-kmod");
    case RpmStyle::plain:
      break;
  }
  return rpm_name("kmod-" + name);
}

}  // namespace kmpack
