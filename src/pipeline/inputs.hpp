#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "kmpack/cell.hpp"
#include "kmpack/dependency.hpp"
#include "kmpack/package.hpp"

namespace kmpack {

/// What is the same in every cell of a manifest. Not names of places, not times, not the workspace when it lies within the
/// sources.
struct ManifestDigests {
  std::string sources;   ///< files and patches
  std::string call;      ///< how they are made into modules
  std::string manifest;  ///< its text, what came of it for the cell, and firmware
  std::string machine;   ///< machine_digest()
  std::string tree;      ///< of a source directory as a build copies it; empty: an archive. Decides nothing by itself
  bool operator==(const ManifestDigests&) const = default;
};

/// Errors:  file-unreadable, source-missing.
ManifestDigests manifest_inputs(const Manifest& manifest, const std::filesystem::path& workspace);

/// What says which distribution this is. Makefiles of drivers read it, and choose by it what they compile.
///
/// Source:  os-release(5); evdi's Makefile.
std::string machine_digest(const std::filesystem::path& root = "/");

struct CellDigests {
  ManifestDigests manifest;
  std::string compiler;     ///< of the compiler's binary
  std::string certificate;  ///< of the signing certificate; empty: unsigned
  std::string package_key;  ///< fingerprint of the key that signs rpms; empty: they bear no signature
  std::span<const Format> formats;
  std::span<const BuiltDependency> dependencies;  ///< of the cell's manifest, in its order
  std::filesystem::path workspace{};              ///< no source, where it lies within one
};

/// Which of the things that a cell's packages are made of a digest is over. In the order of what tells most about a change.
enum class InputPart {
  sources,
  manifest,
  headers,
  compiler,
  machine,  ///< which distribution the build runs on
  dependencies,
  certificate,
  package_key,
  formats,
  packing,         ///< what the catalogue says of the distribution's packages
  followed,        ///< whether it is the newest kernel of its series
  package_format,  ///< kmpack's own number, not a digest
};
using InputParts = std::map<InputPart, std::string>;

/// Digests of all that decides the bytes of a cell's packages.
///
/// Errors:  file-unreadable (symbols of a dependency).
InputParts cell_parts(const Cell& cell, const HeaderTree& headers, const CellDigests& digests);

/// One digest over them.
std::string digest_of(const InputParts& parts);
std::string cell_inputs(const Cell& cell, const HeaderTree& headers, const CellDigests& digests);

/// What changed, as a user says it: "source changed, compiler changed". Empty when nothing did.
std::string changes_between(const InputParts& before, const InputParts& now);

}  // namespace kmpack
