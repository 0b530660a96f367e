#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "flavors/catalogue.hpp"
#include "flavors/select.hpp"

namespace kmpack::test {

/// A small distribution with two series; flavors for the machine that runs the test and for another.
inline Catalogue sample_catalogue() {
  Catalogue catalogue{.file = "debian-12.xml", .id = "debian-12", .title = "Debian 12"};
  catalogue.rules.image_packages = {"linux-image-{release}"};
  catalogue.series = {{.name = "6.1",
                       .releases = "6.1.0-*-{flavor}",
                       .headers = "linux-headers-{release}",
                       .parts = {"linux-headers-", "linux-kbuild-"},
                       .meta_suffix = "{flavor}"},
                      {.name = "6.12",
                       .releases = "6.12.*+deb12*-{flavor}",
                       .headers = "linux-headers-{release}",
                       .parts = {"linux-headers-", "linux-kbuild-"},
                       .meta_suffix = "6.12-{flavor}"}};
  const std::vector<std::string> both{"6.1", "6.12"};
  for (const char* name : {"amd64", "cloud-amd64", "rt-amd64"}) catalogue.flavors.push_back({name, "amd64", both});
  for (const char* name : {"arm64", "rt-arm64"}) catalogue.flavors.push_back({name, "arm64", both});
  catalogue.flavors.push_back({"686-pae", "i386", both});
  return catalogue;
}

inline std::shared_ptr<const Kernel> kernel(std::string_view flavor, std::string_view arch, std::string_view release) {
  Kernel made{.flavor = {"debian-12", std::string(flavor), std::string(arch)},
              .series = release.starts_with("6.12") ? "6.12" : "6.1",
              .release = KernelRelease(std::string(release)),
              .origin = HeadersOrigin::apt};
  return std::make_shared<const Kernel>(std::move(made));
}

inline std::vector<std::string> ids(const Kernels& kernels) {
  std::vector<std::string> all;
  for (const auto& one : kernels) all.push_back(one->id());
  return all;
}

}  // namespace kmpack::test
