#include <algorithm>
#include <iterator>
#include <optional>

#include "manifest/lint/shell.hpp"

namespace kmpack::detail {
namespace {

bool is_name_start(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name(char c) noexcept { return is_name_start(c) || (c >= '0' && c <= '9'); }

std::string_view leading_name(std::string_view text) noexcept {
  if (text.empty() || !is_name_start(text.front())) return {};
  return text.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(text, is_name) - text.begin()));
}

/// The parts of `NAME[index]+=value`; nothing for another word.
std::optional<ShellAssignment> assignment_of(const ShellWord& word) {
  std::string_view rest = word.text;
  const std::string_view name = leading_name(rest);
  if (name.empty()) return std::nullopt;
  ShellAssignment found{.name = std::string(name), .index = {}, .value = {}, .line = word.line};
  rest.remove_prefix(name.size());
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find("]=") != std::string_view::npos ? rest.find("]=") : rest.find("]+=");
    if (end == std::string_view::npos) return std::nullopt;
    found.indexed = true;
    found.index = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
  }
  if (rest.starts_with('+')) rest.remove_prefix(1);
  if (!rest.starts_with('=')) return std::nullopt;
  found.value = rest.substr(1);
  return found;
}

/// Names inside of brackets from `at` (where the first one is) to where they close.
void arithmetic_names(std::string_view text, std::size_t at, std::set<std::string>& names) {
  const char open = text[at];
  const char close = open == '(' ? ')' : ']';
  int depth = 0;
  // A longer expression is none that a person wrote.
  constexpr std::size_t kLongest = 200;
  text = text.substr(0, at + kLongest);
  while (at < text.size()) {
    if (text[at] == open) ++depth;
    if (text[at] == close && --depth == 0) return;
    const std::string_view name = leading_name(text.substr(at));
    if (!name.empty()) names.emplace(name);
    at += std::max<std::size_t>(name.size(), 1);
  }
}

}  // namespace

std::vector<ShellAssignment> shell_assignments(const std::vector<ShellCommand>& commands) {
  std::vector<ShellAssignment> all;
  for (const ShellCommand& command : commands) {
    std::vector<ShellAssignment> found;
    const std::string& first = command.words.front().text;
    const bool declares =
        first == "export" || first == "declare" || first == "typeset" || first == "readonly" || first == "local";
    const bool exported = first == "export";
    bool only = true;
    for (auto word = command.words.begin() + (declares ? 1 : 0); word != command.words.end(); ++word) {
      auto assignment = assignment_of(*word);
      if (!assignment && !declares) only = false;
      if (!assignment) continue;
      assignment->exported = exported;
      found.push_back(std::move(*assignment));
    }
    if (only) std::ranges::move(found, std::back_inserter(all));
  }
  return all;
}

std::set<std::string> shell_references(std::string_view text) {
  std::set<std::string> names;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '[' && at > 0 && is_name(text[at - 1])) arithmetic_names(text, at, names);
    if (text.substr(at).starts_with("((")) arithmetic_names(text, at, names);
    if (text[at] != '$') continue;
    std::string_view rest = text.substr(at + 1);
    if (rest.starts_with('{')) rest.remove_prefix(1);
    while (rest.starts_with('#') || rest.starts_with('!')) rest.remove_prefix(1);
    const std::string_view name = leading_name(rest);
    if (!name.empty()) names.emplace(name);
  }
  return names;
}

std::string unquoted(std::string_view word) {
  std::string plain;
  char quote = '\0';
  for (std::size_t at = 0; at < word.size(); ++at) {
    const char c = word[at];
    if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == quote && quote != '\0') {
      quote = '\0';
    } else if (c == '\\' && quote != '\'' && at + 1 < word.size()) {
      const char next = word[++at];
      const bool kept = quote == '"' && next != '"' && next != '\\' && next != '$' && next != '`';
      if (kept) plain += '\\';
      plain += next;
    } else {
      plain += c;
    }
  }
  return plain;
}

}  // namespace kmpack::detail
