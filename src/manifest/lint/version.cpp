#include "manifest/lint/version.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "base/text.hpp"

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

/// `5.4.*)` of a `case $kernelver in`: the first pattern stands behind `in`, the others are words alone.
bool is_version_pattern(const ShellCommand& command, bool begins_case) {
  constexpr std::size_t kBeforePatterns = 3;
  if (!begins_case && command.words.size() != 1) return false;
  if (begins_case && command.words.size() <= kBeforePatterns) return false;
  const std::string pattern = unquoted(command.words.back().text);
  const std::string_view digits = std::string_view(pattern).substr(pattern.starts_with('[') ? 1 : 0);
  const bool numbers = !digits.empty() && digits.front() >= '0' && digits.front() <= '9';
  return numbers && pattern.find_first_of("*?[") != std::string::npos && enumerates_versions(pattern);
}

/// The name that a line of plain shell sets.
std::string_view name_set_by(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos || equals == 0) return {};
  const std::string_view name = line.substr(0, equals);
  return name.find_first_of(" $[(\"'`!<>+-") == std::string_view::npos ? name : std::string_view{};
}

}  // namespace

bool is_within_version_test(std::string_view text, std::uint32_t line) {
  std::vector<bool> open;  // of the tests that enclose this place: do they ask for the release?
  std::vector<std::string> names;
  std::uint32_t number = 0;
  bool condition = false;
  for (const std::string_view raw : split(text, '\n')) {
    const std::string_view here = trimmed(raw);
    ++number;
    if (here.starts_with('#')) continue;
    const bool asks =
        has_release(here) || std::ranges::any_of(names, [&](const std::string& name) {
          return here.find("$" + name) != std::string_view::npos || here.find("${" + name) != std::string_view::npos;
        });
    if (const std::string_view name = name_set_by(here); asks && !name.empty()) names.emplace_back(name);
    if (number == line) return asks || std::ranges::find(open, true) != open.end();
    for (const std::string& word : words(replaced(std::string(here), ";", " "))) {
      if (word == "if" || word == "case") open.push_back(false);
      if (word == "if" || word == "elif" || word == "case") condition = true;
      if (condition && asks && !open.empty()) open.back() = true;
      if (word == "then" || word == "in") condition = false;
      if ((word == "fi" || word == "esac") && !open.empty()) open.pop_back();
    }
  }
  return false;
}

std::vector<std::uint32_t> release_parsers(const std::vector<ShellCommand>& commands) {
  std::vector<std::uint32_t> lines;
  bool in_case = false;
  bool flows = false;  // a release goes through the pipe that these commands are in
  for (const ShellCommand& command : commands) {
    flows = has_release(command) || (command.fed_by_pipe && flows);
    const bool begins_case = command.words.front().text == "case" && command.words.size() > 2;
    if (begins_case) in_case = has_release(command.words[1].text);
    bool parses = (flows && cuts(command)) || is_matched(command) || (in_case && is_version_pattern(command, begins_case));
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
