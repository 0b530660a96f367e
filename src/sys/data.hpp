#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace kmpack {

/// This program's own file.
std::filesystem::path executable_path();

/// Directories in which kmpack's own data of one kind ("templates", "flavors", "schema") lies; those that exist, in order of
/// search:
/// `<prefix>/share/kmpack/<kind>` of the prefix this program was installed under, else the source tree it was built from.
std::vector<std::filesystem::path> data_directories(std::string_view kind);

}  // namespace kmpack
