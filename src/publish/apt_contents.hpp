#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace kmpack {

/// Which packages have a file: path without first slash -> section/name of each.
using AptContents = std::map<std::string, std::set<std::string>>;

/// Lines that are none of a path and packages are left out. Source: wiki.debian.org/DebianRepository/Format, "Contents indices".
AptContents parse_contents(std::string_view text);
std::string contents_text(const AptContents& contents);

}  // namespace kmpack
