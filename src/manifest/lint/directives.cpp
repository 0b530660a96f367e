#include "manifest/lint/directives.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.hpp"
#include "manifest/dkms/directives.hpp"

namespace kmpack::detail {
namespace {

constexpr auto kShell = std::to_array<std::string_view>(
    {"PATH",    "IFS",    "LANG",  "LANGUAGE",        "TZ",         "HOME",   "PWD",       "OLDPWD",   "TMPDIR",
     "OPTIND",  "OPTERR", "REPLY", "POSIXLY_CORRECT", "GLOBIGNORE", "CDPATH", "SHELLOPTS", "BASHOPTS", "RANDOM",
     "SECONDS", "_"});

}  // namespace

bool is_shell_variable(std::string_view name) {
  return name.starts_with("LC_") || name.starts_with("BASH") || std::ranges::find(kShell, name) != kShell.end();
}

std::optional<std::string> nearest_directive(std::string_view name) {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names;
    for (const DkmsDirective& directive : dkms_directives()) names.emplace_back(directive.name);
    return names;
  }();
  std::string upper(name);
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return nearest(upper, all);
}

}  // namespace kmpack::detail
