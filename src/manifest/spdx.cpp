#include "manifest/spdx.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "manifest/reading.hpp"

namespace kmpack {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

// What people write and what they mean by it.
constexpr auto kLoose = std::to_array<Pair>({
    {"gpl", "GPL-2.0-only"},
    {"gpl2", "GPL-2.0-only"},
    {"gplv2", "GPL-2.0-only"},
    {"gpl-2", "GPL-2.0-only"},
    {"gpl-2+", "GPL-2.0-or-later"},
    {"gplv2+", "GPL-2.0-or-later"},
    {"gpl3", "GPL-3.0-only"},
    {"gplv3", "GPL-3.0-only"},
    {"gplv3+", "GPL-3.0-or-later"},
    {"lgpl", "LGPL-2.1-only"},
    {"lgplv2", "LGPL-2.0-only"},
    {"bsd", "BSD-3-Clause"},
    {"dual", "GPL-2.0-only OR BSD-3-Clause"},
    {"apache", "Apache-2.0"},
    {"mpl", "MPL-2.0"},
    {"proprietary", "LicenseRef-Proprietary"},
    {"none", "LicenseRef-Proprietary"},
    {"unknown", "LicenseRef-Unknown"},
});

constexpr auto kModuleLicenses = std::to_array<Pair>({
    {"GPL", "GPL-2.0-only"},
    {"GPL v2", "GPL-2.0-only"},
    {"GPL and additional rights", "GPL-2.0-only"},
    {"Dual BSD/GPL", "BSD-3-Clause OR GPL-2.0-only"},
    {"Dual MIT/GPL", "MIT OR GPL-2.0-only"},
    {"Dual MPL/GPL", "MPL-1.1 OR GPL-2.0-only"},
    {"Proprietary", "LicenseRef-Proprietary"},
});

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
bool is_identifier_character(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '+' ||
         c == ':';
}
std::string lower(std::string_view text) {
  std::string copy(text);
  std::ranges::transform(copy, copy.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return copy;
}
bool is_operator(std::string_view word) noexcept { return word == "AND" || word == "OR" || word == "WITH"; }

std::vector<std::string_view> tokens_of(std::string_view text) {
  std::vector<std::string_view> tokens;
  for (std::size_t at = 0; at < text.size();) {
    if (is_blank(text[at])) {
      ++at;
      continue;
    }
    std::size_t length = 1;
    while (is_identifier_character(text[at]) && at + length < text.size() && is_identifier_character(text[at + length])) ++length;
    tokens.push_back(text.substr(at, length));
    at += length;
  }
  return tokens;
}

std::optional<LicenseFault> fault_of_name(std::string_view name) {
  if (const auto* loose = std::ranges::find(kLoose, lower(name), &Pair::first); loose != kLoose.end()) {
    return LicenseFault{fmt::format("{} is not an SPDX identifier", shown(name)),
                        fmt::format("write {}, or what the sources say", loose->second)};
  }
  const bool lower_operator = name == "and" || name == "or" || name == "with";
  if (lower_operator)
    return LicenseFault{fmt::format("{} is not an SPDX operator", shown(name)), "write AND, OR, WITH in capitals"};
  if (!is_identifier_character(name.front())) {
    return LicenseFault{fmt::format("{} does not belong in an SPDX expression", shown(name)),
                        "join names with AND, OR, WITH and parentheses"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<LicenseFault> find_license_fault(std::string_view expression) {
  const std::string hint = "write an SPDX expression, as GPL-2.0-only or 'MIT OR GPL-2.0-only'";
  bool wants_name = true;
  int depth = 0;
  for (const std::string_view token : tokens_of(expression)) {
    if (token == "(" || token == ")") {
      // An opening one stands where a name could; a closing one after a name.
      if ((token == "(") != wants_name) return LicenseFault{"a parenthesis in the wrong place", hint};
      depth += token == "(" ? 1 : -1;
      if (depth < 0) return LicenseFault{"a parenthesis too many", hint};
      continue;
    }
    if (wants_name && is_operator(token)) return LicenseFault{fmt::format("a name is missing before {}", token), hint};
    if (!is_operator(token)) {
      if (auto fault = fault_of_name(token)) return fault;
      if (!wants_name) return LicenseFault{fmt::format("an operator is missing before {}", shown(token)), hint};
    }
    wants_name = !wants_name;
  }
  if (wants_name) return LicenseFault{"a name is missing at the end", hint};
  if (depth != 0) return LicenseFault{"a parenthesis is not closed", hint};
  return std::nullopt;
}

std::optional<std::string> spdx_of_module_license(std::string_view value) {
  const auto* found = std::ranges::find(kModuleLicenses, value, &Pair::first);
  return found == kModuleLicenses.end() ? std::nullopt : std::optional(std::string(found->second));
}

}  // namespace kmpack
