#include "package/rpm_models.hpp"

#include <fmt/format.h>

#include <utility>

#include "package/dependencies.hpp"
#include "package/model_parts.hpp"
#include "package/naming.hpp"
#include "package/rpm_debug.hpp"
#include "package/rpm_style.hpp"
#include "sys/epoch.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr const char* kScriptlets = "suse-kernel-rpm-scriptlets";

std::string certificate_name(const Manifest& manifest) { return rpm_name(manifest.name.str() + "-ueficert"); }

/// The certificate for mokutil. Of no kernel: all cells of a manifest make the same bytes.
///
/// Source:  facts suse.md section 1.7.
PackageModel certificate_model(const RpmCell& rpm, const fs::path& file) {
  const Manifest& manifest = rpm.manifest();
  const std::string der = certificate_in_der(file);
  std::string name = sha1_of(der).substr(0, 8);
  for (char& letter : name) letter = letter >= 'a' && letter <= 'f' ? static_cast<char>(letter - 'a' + 'A') : letter;
  PackageModel model = begin_model(manifest, Format::rpm, PackageKind::certificate, source_date_epoch_or_default());
  model.name = certificate_name(manifest);
  model.arch = package_arch(rpm.kernel(), Format::rpm);
  model.summary = fmt::format("UEFI Secure Boot Certificate For Package {}-kmp", manifest.name.str());
  model.change = "Certificate of the modules for all kernels.";
  model.description = "The certificate that the kernel needs to trust the modules' signatures.";
  model.needs.push_back({.any_of = {kScriptlets}, .phases = "pre,post,preun,postun"});
  model.needs.push_back(plain_relation(kScriptlets));
  model.files.push_back({.path = fs::path("/etc/uefi/certs") / (name + ".crt"), .content = der});
  model.scripts.rpm = RpmScripts::certificate;
  model.scripts.certificates = name;
  return model;
}

}  // namespace

std::vector<PackageModel> rpm_models(const Cell& cell, const HeaderTree& headers, std::span<const SealedModule> modules,
                                     const BuildRecord& build, const RpmContext& context) {
  const RpmCell rpm{.cell = cell, .headers = headers, .modules = modules};
  std::vector<PackageModel> models{module_package_model(cell, headers, modules, build, Format::rpm)};
  need_rpm_dependencies(models.front(), rpm, context.dependencies);
  const RpmStyle style = rpm.rules().style;
  // In the Debian world sources lie in /usr/src/<name>-<version>, which is DKMS's place too.
  std::vector<PackageModel> more;
  if (cell.kernel->rules.family == PackageFamily::rpm) more = debug_models(models.front(), rpm, build.source);
  if (style == RpmStyle::fedora && cell.newest_of_series) {
    models.push_back(fedora_meta_model(rpm));
    need_fedora_metas(models.back(), context.dependencies);
  }
  if (style == RpmStyle::kmp && !context.certificate.empty()) {
    models.front().needs.push_back(plain_relation(certificate_name(rpm.manifest())));
    models.push_back(certificate_model(rpm, context.certificate));
  }
  for (PackageModel& model : more) models.push_back(std::move(model));
  return models;
}

}  // namespace kmpack
