#include "package/deb_models.hpp"

#include "package/deb_debug.hpp"
#include "package/dependencies.hpp"
#include "package/model_parts.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// What users of Secure Boot enrol once. It lies where only this package puts files, so that packages of several kernels can be
/// installed beside each other.
void add_certificate(PackageModel& model, const fs::path& certificate) {
  const fs::path place = fs::path("/usr/share") / model.name / "mok.der";
  model.files.push_back({.path = place, .kind = FileKind::data, .content = certificate_in_der(certificate)});
  model.scripts.enrol = place;
  sort_files(model);
}

}  // namespace

std::vector<PackageModel> deb_models(const Cell& cell, const HeaderTree& headers, std::span<const SealedModule> modules,
                                     const BuildRecord& build, const DebContext& context) {
  std::vector<PackageModel> models{module_package_model(cell, headers, modules, build, Format::deb)};
  const InstallRules& rules = cell.kernel->rules;
  need_deb_dependencies(models.front(), context.dependencies);
  if (!context.certificate.empty()) add_certificate(models.front(), context.certificate);
  if (cell.newest_of_series && !rules.meta_suffix.empty()) {
    models.push_back(flavor_meta_model(cell, headers));
    need_deb_metas(models.back(), context.dependencies);
  }
  if (rules.family != PackageFamily::deb) return models;
  if (auto debug = debug_symbols_model(models.front(), modules)) models.push_back(*std::move(debug));
  return models;
}

}  // namespace kmpack
