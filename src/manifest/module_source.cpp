#include "manifest/module_source.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/text.hpp"

namespace kmpack {
namespace {

bool is_word(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

std::string_view leading_word(std::string_view text) noexcept {
  return text.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(text, is_word) - text.begin()));
}

/// A string literal at the front of `text`; taken off it. Escapes other than of `"` and `\` do not occur in such texts.
std::optional<std::string> take_literal(std::string_view& text) {
  if (!text.starts_with('"')) return std::nullopt;
  std::string value;
  for (std::size_t at = 1; at < text.size() && text[at] != '\n'; ++at) {
    if (text[at] == '"') {
      text.remove_prefix(at + 1);
      return value;
    }
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    value += text[at];
  }
  return std::nullopt;
}

using Definitions = std::map<std::string, std::string, std::less<>>;

/// Literals and names of literals up to the end of the argument; nothing when something else is among them.
std::optional<std::string> text_argument(std::string_view text, const Definitions& definitions) {
  std::string value;
  while (true) {
    text = trimmed(text);
    if (auto literal = take_literal(text)) {
      value += *literal;
      continue;
    }
    const std::string_view name = leading_word(text);
    if (name.empty()) return text.empty() || text.front() == ')' ? std::optional(value) : std::nullopt;
    const auto found = definitions.find(name);
    if (found == definitions.end()) return std::nullopt;
    value += found->second;
    text.remove_prefix(name.size());
  }
}

Definitions read_definitions(std::string_view text) {
  Definitions definitions;
  for (std::string_view line : split(text, '\n')) {
    line = trimmed(line);
    if (!line.starts_with('#')) continue;
    line = trimmed(line.substr(1));
    if (!line.starts_with("define ") && !line.starts_with("define\t")) continue;
    line = trimmed(line.substr(std::string_view("define").size()));
    const std::string_view name = leading_word(line);
    std::string_view value = trimmed(line.substr(name.size()));
    if (auto literal = take_literal(value); literal && !name.empty()) definitions.emplace(name, *literal);
  }
  return definitions;
}

struct Argument {
  std::string value;
  std::string written;
  std::uint32_t line = 0;
};

std::uint32_t line_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint32_t>(std::ranges::count(text.substr(0, at), '\n')) + 1;
}

/// The first use of a macro whose argument can be read; without one, the first.
Argument macro_argument(std::string_view text, std::string_view macro, const Definitions& definitions) {
  Argument argument;
  for (std::size_t at = text.find(macro); at != std::string_view::npos; at = text.find(macro, at + macro.size())) {
    if (at > 0 && is_word(text[at - 1])) continue;
    constexpr std::size_t kLongest = 1000;
    const std::string_view rest = trimmed(text.substr(at + macro.size(), kLongest));
    if (!rest.starts_with('(')) continue;
    const auto value = text_argument(rest.substr(1), definitions);
    if (!value && argument.line != 0) continue;
    argument = {.value = value ? joined(words(*value), " ") : std::string(),
                .written = std::string(trimmed(rest.substr(1, rest.find_first_of(")\n") - 1))),
                .line = line_at(text, at)};
    if (value) break;
  }
  return argument;
}

constexpr std::string_view kSpdxTag = "SPDX-License-Identifier:";

std::string spdx_line(std::string_view text) {
  const std::size_t at = text.find(kSpdxTag);
  if (at == std::string_view::npos) return {};
  std::string_view line = text.substr(at + kSpdxTag.size());
  line = line.substr(0, line.find('\n'));
  if (const std::size_t end = line.find("*/"); end != std::string_view::npos) line = line.substr(0, end);
  return std::string(trimmed(line));
}

}  // namespace

ModuleSource read_module_source(std::string_view text) {
  const Definitions definitions = read_definitions(text);
  ModuleSource source;
  source.spdx = spdx_line(text);
  if (!source.spdx.empty()) source.spdx_line = line_at(text, text.find(kSpdxTag));
  Argument license = macro_argument(text, "MODULE_LICENSE", definitions);
  Argument version = macro_argument(text, "MODULE_VERSION", definitions);
  Argument description = macro_argument(text, "MODULE_DESCRIPTION", definitions);
  Argument author = macro_argument(text, "MODULE_AUTHOR", definitions);
  source.module_license = std::move(license.value);
  source.license_argument = std::move(license.written);
  source.license_line = license.line;
  source.version = std::move(version.value);
  source.version_line = version.line;
  source.description = std::move(description.value);
  source.description_line = description.line;
  source.author = std::move(author.value);
  source.author_line = author.line;
  return source;
}

}  // namespace kmpack
