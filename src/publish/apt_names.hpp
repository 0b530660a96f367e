#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace kmpack {

/// The suite of a package that lies as builds lay them out, .../DISTRIBUTION/ARCHITECTURE/FILE: the distribution, when its name
/// has a version in it (debian-12, ubuntu-24.04, debian-12-backports). Else stable.
std::string suite_above(const std::filesystem::path& file);

/// The name of a repository as a word in the name of a .sources file: APT passes over those with other characters.
///
/// Source:  sources.list(5), "SOURCES.LIST.D".
std::string apt_file_word(std::string_view name);

/// Errors:  repository-suite-invalid for what cannot be a directory of a repository and a word in its lists; `what` it is the
///          name of.
void check_apt_name(const std::string& word, const char* what);

}  // namespace kmpack
