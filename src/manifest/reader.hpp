#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "kmpack/manifest.hpp"

namespace kmpack {

/// The description of a module package, from disk.
///
/// Shape:   a kmpack.xml, or a file named Kbuild or Makefile (then as manifest_from_kbuild); one Manifest with absolute paths
/// out. Nothing is
///          returned when any error was reported; every mistake of the file is reported in one call.
/// Errors:  throws file-unreadable; reports xml-*, element-*, attribute-*, and the codes of manifest/fields.hpp and of
/// parse_manifest;
///          source-missing and file-missing for what the manifest names and this disk does not have.
/// Threads: safe from many.
std::optional<Manifest> read_manifest(const std::filesystem::path& file, Diagnostics& problems);

/// The same from text already in memory, without looking at the disk. `file` is what messages name and what relative paths start
/// from.
///
/// Errors:  reports all but source-missing and file-missing.
std::optional<Manifest> parse_manifest(std::string_view text, const std::filesystem::path& file, Diagnostics& problems);

}  // namespace kmpack
