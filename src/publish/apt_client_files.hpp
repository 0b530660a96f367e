#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "publish/apt_suite.hpp"

namespace kmpack {

/// What a run without --name calls the repository: as its suites are called, since apt refuses one whose name has changed; else
/// as its directory.
std::string repository_label(const std::map<std::string, AptSuite>& suites, const std::filesystem::path& directory);

/// The label that a suite keeps, or the repository's for one that has none.
std::string suite_label(const AptSuite& suite, const std::string& repository);

/// Where clients find the repository, as a .sources file of a run before says it; empty: none does, or names a directory, which
/// the repository may have left since.
std::string url_of_before(const std::map<std::string, AptSuite>& suites, const std::filesystem::path& directory);

/// NAME-SUITE.sources.
std::filesystem::path sources_file_of(const std::filesystem::path& directory, const std::string& label, const std::string& suite);

}  // namespace kmpack
