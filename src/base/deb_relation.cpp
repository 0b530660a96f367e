#include "base/deb_relation.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace kmpack {
namespace {

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kDigits = "0123456789";

bool is_digit(char c) { return kDigits.find(c) != std::string_view::npos; }
bool is_lower(char c) { return kLower.find(c) != std::string_view::npos; }

bool is_name(std::string_view text) {
  const auto fits = [](char c) { return is_lower(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; };
  return text.size() > 1 && (is_lower(text.front()) || is_digit(text.front())) && std::ranges::all_of(text, fits);
}

bool is_architecture(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool is_version(std::string_view text) {
  const auto fits = [](char c) {
    return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z') || std::string_view("+-.:~").find(c) != std::string_view::npos;
  };
  return !text.empty() && is_digit(text.front()) && std::ranges::all_of(text, fits);
}

/// `>= 1.0`, as between parentheses.
bool is_condition(std::string_view text) {
  static constexpr std::array<std::string_view, 5> kOperators{"<<", "<=", "=", ">=", ">>"};
  const std::size_t end = text.find_first_not_of("<=>");
  if (end == std::string_view::npos || std::ranges::find(kOperators, text.substr(0, end)) == kOperators.end()) return false;
  return is_version(trimmed(text.substr(end)));
}

bool is_alternative(std::string_view text) {
  text = trimmed(text);
  const std::size_t open = text.find('(');
  if (open != std::string_view::npos) {
    if (!text.ends_with(')') || !is_condition(trimmed(text.substr(open + 1, text.size() - open - 2)))) return false;
    text = trimmed(text.substr(0, open));
  }
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && !is_architecture(text.substr(colon + 1))) return false;
  return is_name(text.substr(0, colon));
}

}  // namespace

bool is_deb_relation(std::string_view text) noexcept { return std::ranges::all_of(split(text, '|'), is_alternative); }

bool is_deb_relation_list(std::string_view text) noexcept { return std::ranges::all_of(split(text, ','), is_deb_relation); }

}  // namespace kmpack
