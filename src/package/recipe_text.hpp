#pragma once

#include <string>
#include <string_view>

/// Words of shell scripts within a spec or a debian/. Private to this folder.
namespace kmpack {

/// `%` begins a macro everywhere in a spec, and nothing in a script.
enum class Percent { plain, doubled };

/// What the text of a recipe calls the places of its builder, each as it stands between double quotes of the shell.
struct RecipePlaces {
  std::string sources;    ///< directory of the files that come beside the recipe
  std::string root;       ///< below which a package is put together
  std::string make;       ///< the command, with its jobs
  std::string makeflags;  ///< of a command that calls make itself
  std::string root_map;   ///< option that takes the root of the headers off the paths in debug information; may be empty
  Percent percent = Percent::plain;

  [[nodiscard]] std::string literal(std::string_view text) const;
  /// One word for the shell, whatever is in it.
  [[nodiscard]] std::string word(std::string_view text) const;
  /// The same within double quotes, so that `$variables` can be put in afterwards; without the quotes.
  [[nodiscard]] std::string quoted(std::string_view text) const;
  /// Commands that write `text`, which ends in a newline, to standard output: each line is a quoted word, so that none of them
  /// can be taken for a section or a condition of a spec.
  [[nodiscard]] std::string printed(std::string_view text) const;
};
const RecipePlaces& spec_places();

/// Text in one line: a line of a spec may be a section, so none begins within a word; blanks between are the user's.
std::string without_line_ends(std::string text);

std::string spec_literal(std::string_view text);
/// As in a spec.
std::string recipe_word(std::string_view text);
std::string recipe_quoted(std::string_view text);

}  // namespace kmpack
