#pragma once

#include <memory>

#include "kmpack/cell.hpp"

namespace kmpack::test {

/// A cell of a package `hello` for a made-up kernel; nothing of it is on disk.
inline Cell some_cell() {
  auto manifest = std::make_shared<Manifest>();
  manifest->name = PackageName("hello");
  auto kernel = std::make_shared<Kernel>();
  kernel->flavor = {"debian-12", "rt-amd64", "amd64"};
  kernel->release = KernelRelease("6.1.0-1-rt-amd64");
  return {.manifest = manifest, .kernel = kernel};
}

}  // namespace kmpack::test
