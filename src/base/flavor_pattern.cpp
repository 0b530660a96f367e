#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "kmpack/architecture.hpp"
#include "kmpack/flavor.hpp"

namespace kmpack {
namespace {

bool is_part(std::string_view text) noexcept {
  return !text.empty() && text.find_first_of("/@ \t\n\r") == std::string_view::npos;
}

/// Flavors and releases may hold dots themselves, so only a known architecture (or a glob) after the last one is an architecture.
std::optional<std::string> take_architecture(std::string& flavor) {
  const std::size_t dot = flavor.rfind('.');
  if (dot == std::string::npos || dot == 0) return std::nullopt;
  std::string suffix = flavor.substr(dot + 1);
  if (find_architecture(suffix) == nullptr && !is_glob(suffix)) return std::nullopt;
  flavor.resize(dot);
  return suffix;
}

}  // namespace

std::string FlavorId::text() const {
  const bool named = flavor == arch || flavor.ends_with("-" + arch);
  return named ? fmt::format("{}/{}", distribution, flavor) : fmt::format("{}/{}.{}", distribution, flavor, arch);
}

std::optional<FlavorPattern> parse_flavor_pattern(std::string_view text, const SourceSpan& where, Diagnostics& problems) {
  FlavorPattern pattern;
  pattern.text = text;
  pattern.where = where;
  const std::size_t slash = text.find('/');
  const std::size_t at = text.find('@');
  std::string_view flavor = slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
  if (at != std::string_view::npos) {
    pattern.release = text.substr(at + 1);
    flavor = at > slash ? text.substr(slash + 1, at - slash - 1) : std::string_view();
  }
  pattern.distribution = text.substr(0, std::min(slash, text.size()));
  pattern.flavor = flavor;
  if (!is_part(pattern.distribution) || !is_part(pattern.flavor) || (pattern.release && !is_part(*pattern.release))) {
    problems.report({.code = "flavor-pattern-invalid",
                     .message = fmt::format("'{}' is not a flavor pattern", text),
                     .where = where.file.empty() ? std::nullopt : std::optional(where),
                     .notes = {},
                     .hint = "write DIST/FLAVOR[.ARCH][@RELEASE], as debian-12/amd64 or 'debian-12/*@6.12'"});
    return std::nullopt;
  }
  pattern.arch = take_architecture(pattern.flavor);
  return pattern;
}

}  // namespace kmpack
