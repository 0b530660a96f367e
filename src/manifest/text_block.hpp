#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kmpack {

/// Paragraphs: blanks inside of one become single spaces, empty lines divide them, nothing at either end.
std::string as_paragraphs(std::string_view text);

/// A script as it was meant: without the indentation all its lines share, without empty lines at either end.
std::string dedented(std::string_view text);

/// Shell text of a build command in the form a manifest holds it: dedented, without blanks at its end, so that writing and
/// reading it again give the same.
std::string as_command(std::string_view text);

/// Words of one paragraph on lines of at most `width` characters where words allow.
std::vector<std::string> wrapped(std::string_view paragraph, std::size_t width);

}  // namespace kmpack
