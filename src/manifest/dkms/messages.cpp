#include "manifest/dkms/messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace kmpack {
namespace {

constexpr std::size_t kMost = 5;
constexpr std::size_t kLongest = 200;

struct Said {
  std::uint32_t line = 0;  ///< of the conf; 0: the conf's own words
  std::string text;
};

/// `FILE: line 12: text`; a text that was read line by line for its line ends has the name of a descriptor.
std::optional<Said> of_bash(std::string_view text, std::string_view conf) {
  constexpr std::string_view kDescriptor = "/dev/fd/";
  if (text.starts_with(conf)) {
    text.remove_prefix(conf.size());
  } else if (text.starts_with(kDescriptor)) {
    text.remove_prefix(std::min(text.find(':'), text.size()));
  } else {
    return std::nullopt;
  }
  constexpr std::string_view kLine = ": line ";
  if (!text.starts_with(kLine)) return std::nullopt;
  text.remove_prefix(kLine.size());
  Said said;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), said.line);
  if (failed != std::errc() || said.line == 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  said.text = trimmed(text.substr(std::min(text.find_first_not_of(": "), text.size())));
  return said;
}

/// The second evaluation's complaints are told of with the values that are lost by them.
bool is_of_the_program(std::string_view text) {
  const std::size_t at = text.find(": line ");
  return at != std::string_view::npos && at + 7 < text.size() && text[at + 7] >= '0' && text[at + 7] <= '9';
}

std::vector<Said> all_said(const DkmsDump& dump, const std::string& conf) {
  std::vector<Said> all;
  for (const std::string_view line : split(dump.messages, '\n')) {
    if (trimmed(line).empty()) continue;
    if (auto said = of_bash(line, conf)) {
      all.push_back(std::move(*said));
    } else if (!is_of_the_program(line)) {
      all.push_back({.line = 0, .text = std::string(trimmed(line))});
    }
  }
  return all;
}

}  // namespace

void report_dkms_messages(const DkmsDump& dump, const DkmsOrigin& origin, const DkmsPlaces& places, Diagnostics& problems) {
  std::map<std::uint32_t, std::vector<std::string>> by_line;
  for (const Said& said : all_said(dump, std::filesystem::absolute(origin.conf).string())) {
    std::string text = places.replaced_in(said.text.substr(0, kLongest));
    std::ranges::replace_if(
        text, [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
    by_line[said.line].push_back(std::move(text));
  }
  std::size_t told = 0;
  for (auto& [line, texts] : by_line) {
    if (++told > kMost) break;
    Diagnostic warning{
        .severity = Severity::warning,
        .code = "dkms-conf-said",
        .message = (line == 0 ? "the file says while it is read: " : "bash complains of this line: ") + texts.front(),
        .where = SourceSpan{origin.conf, line, 0},
        .notes = {},
        .hint = {}};
    if (texts.size() > kMost) texts.resize(kMost);
    warning.notes.assign(texts.begin() + 1, texts.end());
    if (line != 0) warning.hint = "dkms would go on as if nothing had happened, and so does kmpack: look whether that is meant";
    problems.report(std::move(warning));
  }
}

}  // namespace kmpack
