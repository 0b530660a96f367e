#include "manifest/lint_version.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>

namespace kmpack::detail {
namespace {

bool any_of(std::string_view word, std::span<const std::string_view> names) {
  return std::ranges::find(names, word) != names.end();
}

bool has_release(std::string_view text) {
  constexpr auto kNames = std::to_array<std::string_view>({"$kernelver", "${kernelver", "uname -r"});
  return std::ranges::any_of(kNames, [&](std::string_view name) { return text.find(name) != std::string_view::npos; });
}

bool has_release(const ShellCommand& command) {
  return std::ranges::any_of(command.words, [](const ShellWord& word) { return has_release(word.text); });
}

bool cuts(const ShellCommand& command) {
  constexpr auto kTools = std::to_array<std::string_view>({"sed", "cut", "awk", "gawk", "mawk", "perl", "tr", "expr"});
  const std::string name = unquoted(command.words.front().text);
  const std::string_view base = std::string_view(name).substr(name.rfind('/') + 1);
  if (any_of(base, kTools)) return true;
  const bool grep = base == "grep" || base == "egrep";
  // grep prints a part of the line only when told so; else it asks.
  return grep && std::ranges::any_of(command.words, [](const ShellWord& word) {
           return word.text.starts_with('-') && !word.text.starts_with("--") && word.text.find('o') != std::string::npos;
         });
}

/// `${kernelver%%-*}`, `${kernelver#…}`, `${kernelver/…}`, `${kernelver:0:3}`; not `${kernelver:-…}`.
bool is_shortened(std::string_view text) {
  constexpr std::string_view kName = "${kernelver";
  for (std::size_t at = text.find(kName); at != std::string_view::npos; at = text.find(kName, at + 1)) {
    const std::string_view rest = text.substr(at + kName.size());
    if (rest.starts_with('%') || rest.starts_with('#') || rest.starts_with('/')) return true;
    if (rest.size() > 1 && rest[0] == ':' && ((rest[1] >= '0' && rest[1] <= '9') || rest[1] == ' ')) return true;
  }
  return false;
}

/// `[[ $kernelver =~ ^([0-9]+)\. ]]`
bool is_matched(const ShellCommand& command) {
  if (command.words.front().text != "[[" || command.words.size() < 4) return false;
  const auto operation = std::ranges::find(command.words, "=~", &ShellWord::text);
  return operation != command.words.end() && operation != command.words.begin() && has_release((operation - 1)->text) &&
         operation + 1 != command.words.end() && enumerates_versions((operation + 1)->text);
}

}  // namespace

std::vector<std::uint32_t> release_parsers(const std::vector<ShellCommand>& commands) {
  std::vector<std::uint32_t> lines;
  bool flows = false;  // a release goes through the pipe that these commands are in
  for (const ShellCommand& command : commands) {
    flows = has_release(command) || (command.fed_by_pipe && flows);
    bool parses = (flows && cuts(command)) || is_matched(command);
    for (const ShellWord& word : command.words) parses = parses || is_shortened(word.text);
    const std::uint32_t line = command.words.front().line;
    if (parses && (lines.empty() || lines.back() != line)) lines.push_back(line);
  }
  return lines;
}

bool enumerates_versions(std::string_view expression) {
  for (std::size_t at = 0; at + 1 < expression.size(); ++at) {
    const bool digit = expression[at] >= '0' && expression[at] <= '9';
    const std::string_view rest = expression.substr(at + 1);
    if (digit && (rest.starts_with('.') || rest.starts_with("\\.") || rest.starts_with("[.]") || rest.starts_with(")\\.") ||
                  rest.starts_with("]\\.")))
      return true;
    if (expression.substr(at).starts_with("[0-9]")) return true;
  }
  return false;
}

}  // namespace kmpack::detail
