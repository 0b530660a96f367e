#include "package/recipe_text.hpp"

#include "base/text.hpp"

namespace kmpack {

std::string spec_literal(std::string_view text) { return replaced(std::string(text), "%", "%%"); }

std::string recipe_word(std::string_view text) { return spec_literal(shell_quoted(text)); }

std::string recipe_quoted(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '"' || letter == '\\' || letter == '$' || letter == '`') out += '\\';
    out += letter;
  }
  return spec_literal(out);
}

std::string recipe_print(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::string commands;
  for (const std::string_view line : split(text, '\n')) commands += "printf '%%s\\n' " + recipe_word(line) + "\n";
  return commands;
}

}  // namespace kmpack
