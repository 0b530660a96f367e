#include "package/recipe_text.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace kmpack {

std::string RecipePlaces::literal(std::string_view text) const {
  return percent == Percent::doubled ? spec_literal(text) : std::string(text);
}

std::string RecipePlaces::word(std::string_view text) const { return literal(shell_quoted(text)); }

std::string RecipePlaces::quoted(std::string_view text) const {
  std::string out;
  for (const char letter : text) {
    if (letter == '"' || letter == '\\' || letter == '$' || letter == '`') out += '\\';
    out += letter;
  }
  return literal(out);
}

std::string RecipePlaces::printed(std::string_view text) const {
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::string commands;
  for (const std::string_view line : split(text, '\n')) commands += literal("printf '%s\\n' " + shell_quoted(line)) + "\n";
  return commands;
}

const RecipePlaces& spec_places() {
  static const RecipePlaces places{
      .sources = "$RPM_SOURCE_DIR",
      .root = "$RPM_BUILD_ROOT",
      .make = "make -j\"${RPM_BUILD_NCPUS:-1}\"",
      .makeflags = "-j${RPM_BUILD_NCPUS:-1}",
      .root_map = "%{?kmpack_root: -fdebug-prefix-map=%{kmpack_root}= -fmacro-prefix-map=%{kmpack_root}=}",
      .percent = Percent::doubled};
  return places;
}

std::string without_line_ends(std::string text) {
  const auto ends = [](char c) { return c != '\t' && ((c >= 0 && c < ' ') || c == '\x7f'); };
  std::ranges::replace_if(text, ends, ' ');
  return text;
}

std::string spec_literal(std::string_view text) { return replaced(std::string(text), "%", "%%"); }

std::string recipe_word(std::string_view text) { return spec_places().word(text); }

std::string recipe_quoted(std::string_view text) { return spec_places().quoted(text); }

}  // namespace kmpack
