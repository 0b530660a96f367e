#pragma once

#include <filesystem>

namespace kmpack {

/// The file that describes the package which the user meant by `argument`: the file itself, or in a directory kmpack.xml, else
/// dkms.conf, else a Kbuild or Makefile that names modules.
///
/// Errors:  manifest-missing.
std::filesystem::path find_manifest(const std::filesystem::path& argument);

}  // namespace kmpack
