#pragma once

#include <string>
#include <string_view>

namespace kmpack {

enum class Checked { no, yes };

/// A name fit for a .repo file's section: letters, digits, `-`, `_`, `.` and `:`; all else becomes `-`.
///
/// Source:  dnf.conf(5), "repository ID".
std::string repository_id(std::string_view name);

/// What dnf and zypper read to know a repository. With checks, they check packages and metadata with the key beside the latter.
///
/// Source:  dnf.conf(5); zypper(8), addrepo.
std::string repo_file_text(const std::string& id, std::string url, Checked checked);

}  // namespace kmpack
