#pragma once

#include <filesystem>
#include <vector>

#include "kmpack/manifest.hpp"

namespace kmpack {

/// One kbuild call: a directory below the source root and the modules it must give.
struct BuildStep {
  std::filesystem::path directory;
  std::vector<ModuleName> modules;
};

/// Directories in an order in which each comes after those whose symbols it uses; otherwise as the manifest lists them.
///
/// Shape:   every module is in exactly one step. Cycles cannot occur: parse_manifest() refuses them.
std::vector<BuildStep> build_order(const Manifest& manifest);

}  // namespace kmpack
