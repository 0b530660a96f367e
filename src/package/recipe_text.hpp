#pragma once

#include <string>
#include <string_view>

/// Words of shell scripts within a spec. Private to this folder.
namespace kmpack {

/// `%` begins a macro everywhere in a spec.
std::string spec_literal(std::string_view text);
/// One word for the shell, whatever is in it.
std::string recipe_word(std::string_view text);
/// The same within double quotes, so that `$variables` can be put in afterwards; without the quotes.
std::string recipe_quoted(std::string_view text);
/// Commands that write `text`, which ends in a newline, to standard output: each line is a quoted word, so that none of them can
/// be taken for a section or a condition of the spec.
std::string recipe_print(std::string_view text);

}  // namespace kmpack
