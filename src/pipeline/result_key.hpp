#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/cell.hpp"
#include "kmpack/dependency.hpp"
#include "pipeline/inputs.hpp"

namespace kmpack {

struct ResultInputs {
  ManifestDigests source;  ///< of the cell's manifest: its sources and its call
  std::string compiler;    ///< CompilerIdentities::of() the kernel's headers
  bool confined = true;    ///< do foreign commands run confined? is_confining(); asked where runs_foreign_text()
  std::span<const BuiltDependency> dependencies;  ///< of the cell's manifest, in its order
  std::filesystem::path workspace{};              ///< no source, where it lies within one
};

/// Digest over all that decides what a cell's build leaves (BuildResult): neither names of places, where they do not show in the
/// modules, nor times, keys, formats, or kmpack's version.
///
/// Errors:  file-unreadable (symbols of a dependency).
std::string result_key(const Cell& cell, const HeaderTree& headers, const ResultInputs& inputs);

/// Does shell text of others, or a need for another package's sources, let a build see more of the machine than its headers?
bool runs_foreign_text(const Manifest& manifest);

/// What packages of this cell take of the sources at `source`, after the build: documents, and for debuggers of the rpm world the
/// sources. Relative, sorted.
std::vector<std::filesystem::path> packed_sources(const Cell& cell, const std::filesystem::path& source);

}  // namespace kmpack
