#include "package/deb_models.hpp"

namespace kmpack {

std::vector<PackageModel> deb_models(const Cell& cell, const HeaderTree& headers, std::span<const SealedModule> modules,
                                     const BuildRecord& build, const DebContext&) {
  std::vector<PackageModel> models{module_package_model(cell, headers, modules, build, Format::deb)};
  if (cell.newest_of_series && !cell.kernel->rules.meta_suffix.empty()) models.push_back(flavor_meta_model(cell, headers));
  return models;
}

}  // namespace kmpack
