#include "manifest/text_block.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"

namespace kmpack {
namespace {

std::string_view indentation(std::string_view line) noexcept {
  return line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
}

std::string_view shared_start(std::string_view left, std::string_view right) noexcept {
  const auto differ = std::ranges::mismatch(left, right);
  return left.substr(0, static_cast<std::size_t>(differ.in1 - left.begin()));
}

}  // namespace

std::string as_paragraphs(std::string_view text) {
  std::string result;
  bool divided = false;
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string> found = words(line);
    if (found.empty()) {
      divided = true;
      continue;
    }
    if (!result.empty()) result += divided ? "\n\n" : " ";
    result += joined(found, " ");
    divided = false;
  }
  return result;
}

std::string dedented(std::string_view text) {
  std::vector<std::string_view> lines = split(text, '\n');
  for (std::string_view& line : lines) {
    if (trimmed(line).empty()) line = {};
  }
  const auto has_text = [](std::string_view line) { return !line.empty(); };
  lines.erase(lines.begin(), std::ranges::find_if(lines, has_text));
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  std::optional<std::string_view> shared;
  for (const std::string_view line : lines) {
    if (!line.empty()) shared = shared ? shared_start(*shared, indentation(line)) : indentation(line);
  }
  std::string result;
  for (const std::string_view& line : lines) {
    if (&line != &lines.front()) result += '\n';
    if (!line.empty()) result += line.substr(shared.value_or("").size());
  }
  return result;
}

std::string as_command(std::string_view text) {
  std::string result = dedented(text);
  result.erase(result.find_last_not_of(" \t\n\r") + 1);
  return result;
}

std::vector<std::string> wrapped(std::string_view paragraph, std::size_t width) {
  std::vector<std::string> lines;
  for (const std::string& word : words(paragraph)) {
    if (lines.empty() || lines.back().size() + 1 + word.size() > width) {
      lines.push_back(word);
    } else {
      lines.back() += ' ' + word;
    }
  }
  return lines;
}

}  // namespace kmpack
