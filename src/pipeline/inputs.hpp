#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "kmpack/cell.hpp"
#include "kmpack/dependency.hpp"
#include "kmpack/package.hpp"

namespace kmpack {

/// Digest of what is the same in every cell of a manifest: its text, sources, patches, firmware. Not names of places, not
/// times, not the workspace when it lies within the sources.
///
/// Errors:  file-unreadable, source-missing.
std::string manifest_inputs(const Manifest& manifest, const std::filesystem::path& workspace);

struct CellDigests {
  std::string manifest;     ///< manifest_inputs()
  std::string compiler;     ///< of the compiler's binary
  std::string certificate;  ///< of the signing certificate; empty: unsigned
  std::string package_key;  ///< fingerprint of the key that signs rpms; empty: they bear no signature
  std::span<const Format> formats;
  std::span<const BuiltDependency> dependencies;  ///< of the cell's manifest, in its order
  std::filesystem::path workspace{};              ///< no source, where it lies within one
};

/// Digest over all that decides the bytes of a cell's packages.
///
/// Errors:  file-unreadable (symbols of a dependency).
std::string cell_inputs(const Cell& cell, const HeaderTree& headers, const CellDigests& digests);

}  // namespace kmpack
