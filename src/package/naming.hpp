#pragma once

#include <string>
#include <string_view>

#include "kmpack/package.hpp"

namespace kmpack {

/// A text as a Debian package name takes it: lower case, `_` and other signs as `-`, `+` and `.` kept.
///
/// Errors:  package-name-invalid when nothing usable is left.
/// Source:  Debian Policy 5.6.1.
std::string deb_name(std::string_view text);
/// A text as a part of a Debian version without revision: other signs than letters, digits, `.+~` become `.`; it begins with a
/// digit.
///
/// Errors:  package-name-invalid.
/// Source:  deb-version(7).
std::string deb_version_part(std::string_view text);

/// A text as an rpm package name takes it: letters, digits and `-._+`.
///
/// Errors:  package-name-invalid.
/// Source:  rpm docs/manual/spec.md (Name).
std::string rpm_name(std::string_view text);
/// A text as rpm takes it for Version or Release: letters, digits and `._+~`; a `-` becomes `_`, and so does a
/// `^`.
///
/// Errors:  package-name-invalid.
/// Source:  rpm docs/manual/spec.md (Version, Release).
std::string rpm_version_part(std::string_view text);
/// True when rpm can compare with it: at most one `-`, no signs rpm refuses. A Debian release (6.1.0-56-amd64) is not.
///
/// Source:  rpm lib/rpmds.c; rpm 4.14 and later refuse `a = 4.15.0-1-amd64`.
bool is_rpm_version(std::string_view text) noexcept;

/// Throws package-name-invalid for a kernel release that is not made of letters, digits and `-._+~`: it becomes a path and shell
/// text.
void check_release(std::string_view release);
/// Throws package-path-invalid for a path that package lists cannot hold: quotes, backslashes, wildcards, control characters.
void check_packed_path(std::string_view path);

/// The text in UTF-8 with blanks and newlines as its only control characters: tabs become blanks, a byte that is no UTF-8 becomes
/// U+FFFD.
///
/// Source:  Debian Policy 5.1.
std::string plain_text(std::string_view text);
/// One line: runs of blanks, newlines and control characters become one blank each; else as plain_text().
std::string one_line(std::string_view text);

}  // namespace kmpack
