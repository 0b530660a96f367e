#include <fmt/format.h>

#include "base/text.hpp"
#include "package/model_parts.hpp"
#include "package/naming.hpp"
#include "package/rpm_style.hpp"

namespace kmpack {
namespace {

constexpr const char* kScriptlets = "suse-kernel-rpm-scriptlets";

/// weak-modules2 takes what follows the last dash of a package's name for the flavor.
///
/// Source:  facts suse.md section 1.6.
void check_flavor(const Kernel& kernel) {
  const std::string& flavor = kernel.flavor.flavor;
  if (flavor.find('-') == std::string::npos) return;
  throw Error({.code = "flavor-dashed",
               .message = fmt::format("no package in SUSE's style can be named for the flavor '{}', which has a dash", flavor),
               .notes = {fmt::format("kernel {}", kernel.id())},
               .hint = "name the flavor in the catalogue as its kernel's release ends, after the last dash"});
}

}  // namespace

/// Source:  facts suse.md section 1.5: every line of the template, in its order; section 7.2 and 7.3 for Multiversion::no.
void style_kmp(PackageModel& model, const RpmCell& rpm) {
  const Kernel& kernel = rpm.kernel();
  check_flavor(kernel);
  const std::string& name = rpm.manifest().name.str();
  const std::string& flavor = kernel.flavor.flavor;
  const std::string base = rpm_name(name + "-kmp");
  const std::string plain_version = model.version;
  const std::string build = "k" + rpm_version_part(release_without_suffix(kernel));
  // Without the counter of rebuilds, which is not in the kernel's release either.
  model.version += "_" + build;
  model.name = rpm_modules_name(rpm.cell);
  const std::string one_build = one_build_name(rpm);
  model.provides.push_back(exact_relation(base, model.version));
  model.provides.push_back(exact_relation(base, plain_version));
  if (rpm.manifest().rpm_policy.multiversion == Multiversion::yes) {
    model.provides.push_back(plain_relation("multiversion(kernel)"));
    // One build for each kernel: who provides it conflicts with all others who do.
    model.provides.push_back(plain_relation(one_build));
    model.conflicts.push_back(plain_relation(one_build));
  } else if (!follows_symbols(rpm)) {
    model.provides.push_back(plain_relation(one_build));
  }
  model.needs.push_back(plain_relation("coreutils"));
  model.needs.push_back(plain_relation("grep"));
  model.needs.push_back({.any_of = {kScriptlets}, .phases = "pre,post,preun,postun"});
  model.needs.push_back(plain_relation(kScriptlets));
  const std::string& package = rpm.rules().kernel;
  if (!package.empty()) {
    model.enhances.push_back(plain_relation(package));
    model.supplements.push_back(verbatim_relation(rpm.rules().supplements == SupplementsForm::packageand
                                                      ? fmt::format("packageand({}:{})", package, name)
                                                      : fmt::format("({} and {})", package, name)));
  }
  relate_kernel(model, rpm);
  model.scripts.rpm = RpmScripts::kmp;
  model.scripts.flavor = flavor;
  model.scripts.base_release = release_without_suffix(kernel);
}

}  // namespace kmpack
