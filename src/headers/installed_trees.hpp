#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace kmpack {

/// All header trees of a root file system, each once. `/lib/modules/K/build` is followed inside the root only.
std::vector<std::filesystem::path> trees_of_root(const std::filesystem::path& root);

/// Which distribution a root file system is, as catalogues are named: debian-12, ubuntu-24.04, opensuse-leap-15.6. Empty when it
/// does not say.
///
/// Errors:  file-unreadable.
/// Source:  os-release(5).
std::string distribution_of_root(const std::filesystem::path& root);

}  // namespace kmpack
