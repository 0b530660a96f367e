#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace kmpack {
namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Letters to put in, take out, change, or swap with their neighbour: what fingers do.
std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before;  // rows i - 1, i and i + 1 of the table
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::vector<std::size_t> next{i + 1};
    for (std::size_t j = 0; j < right.size(); ++j) {
      std::size_t least = std::min({row[j] + (left[i] == right[j] ? 0 : 1), next[j] + 1, row[j + 1] + 1});
      const bool swapped = i > 0 && j > 0 && left[i] == right[j - 1] && left[i - 1] == right[j];
      if (swapped) least = std::min(least, before[j - 1] + 1);
      next.push_back(least);
    }
    before = std::exchange(row, std::move(next));
  }
  return row.back();
}

/// The run of digits or of other characters that `text` starts with; taken off it.
std::string_view take_run(std::string_view& text) noexcept {
  const bool digits = is_digit(text.front());
  std::size_t length = 1;
  while (length < text.size() && is_digit(text[length]) == digits) ++length;
  const std::string_view run = text.substr(0, length);
  text.remove_prefix(length);
  return run;
}

int sign_of(int comparison) noexcept { return comparison < 0 ? -1 : (comparison > 0 ? 1 : 0); }

int compare_numbers(std::string_view left, std::string_view right) noexcept {
  left.remove_prefix(std::min(left.find_first_not_of('0'), left.size()));
  right.remove_prefix(std::min(right.find_first_not_of('0'), right.size()));
  if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
  return sign_of(left.compare(right));
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) noexcept {
  // Linear with one point of return: the last '*' is the only one worth going back to.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool is_glob(std::string_view text) noexcept { return text.find_first_of("*?") != std::string_view::npos; }

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> found;
  while (true) {
    text = trimmed(text);
    if (text.empty()) return found;
    const auto* const end = std::ranges::find_if(text, is_blank);
    found.emplace_back(text.begin(), end);
    text.remove_prefix(found.back().size());
  }
}

std::string joined(std::span<const std::string> parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (&part != parts.data()) text += separator;
    text += part;
  }
  return text;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos && !what.empty(); at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
  // A third of the word may be wrong; more than that is another word.
  std::size_t best_distance = std::max<std::size_t>(word.size() / 3, 1) + 1;
  std::optional<std::string> best;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

int compare_versions(std::string_view left, std::string_view right) noexcept {
  while (!left.empty() && !right.empty()) {
    const bool numbers = is_digit(left.front()) && is_digit(right.front());
    const std::string_view a = take_run(left);
    const std::string_view b = take_run(right);
    const int order = numbers ? compare_numbers(a, b) : sign_of(a.compare(b));
    if (order != 0) return order;
  }
  if (left.empty() && right.empty()) return 0;
  return left.empty() ? -1 : 1;
}

std::string to_hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
  }
  return text;
}

std::string shell_quoted(std::string_view text) {
  const bool plain = !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("_-+=/.,:@%").find(c) != std::string_view::npos;
  });
  if (plain) return std::string(text);
  return "'" + replaced(std::string(text), "'", R"('\'')") + "'";
}

}  // namespace kmpack
