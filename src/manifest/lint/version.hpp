#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "manifest/lint/shell.hpp"

// Private to the lint.
namespace kmpack::detail {

/// Lines where a kernel release is cut up by patterns: given to sed, cut, awk and such, matched by `=~` or by the patterns of a
/// `case`, or shortened by `${kernelver%…}`. A release that is compared (`sort -V`, `dpkg --compare-versions`) is not.
std::vector<std::uint32_t> release_parsers(const std::vector<ShellCommand>& commands);

/// Does this line of a conf stand where only some releases get to: within an `if` or `case` that asks for $kernelver, or what was
/// made of it?
bool is_within_version_test(std::string_view text, std::uint32_t line);

/// Does a BUILD_EXCLUSIVE_KERNEL say by a regular expression which versions are meant?
bool enumerates_versions(std::string_view expression);

}  // namespace kmpack::detail
