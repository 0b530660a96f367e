#include "kmpack/cell.hpp"

#include <fmt/format.h>

namespace kmpack {

std::string Cell::key() const {
  const FlavorId& flavor = kernel->flavor;
  // A release names its flavor in most distributions but not in all, so the key has both.
  return fmt::format("{}_{}_{}_{}_{}", manifest->name.str(), flavor.distribution, flavor.flavor, flavor.arch,
                     kernel->release.str());
}

std::string Cell::source_place() const {
  const std::string name = fmt::format("{}-{}", manifest->name.str(), manifest->version);
  return kernel->rules.family == PackageFamily::rpm ? fmt::format("/usr/src/debug/{}-{}", name, kernel->release.str())
                                                    : "/usr/src/" + name;
}

}  // namespace kmpack
