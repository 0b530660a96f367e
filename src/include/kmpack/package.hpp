#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace kmpack {

enum class Format { rpm, deb };
enum class PackageKind { modules, flavor_meta, common, certificate, debug_info, debug_source };

/// A finished package on disk.
struct PackageFile {
  Format format = Format::deb;
  PackageKind kind = PackageKind::modules;
  std::filesystem::path path;
  std::string sha256;
  std::string name;
  std::string version;  ///< version-release as the format writes it
  std::string arch;     ///< as the format spells it: amd64, x86_64
};

}  // namespace kmpack
