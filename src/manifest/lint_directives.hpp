#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

// Private to the lint.
namespace kmpack::detail {

/// Does bash itself, or what it runs, heed this name?
bool is_shell_variable(std::string_view name);
/// The directive that a misspelt name most likely meant.
std::optional<std::string> nearest_directive(std::string_view name);

struct FixedPath {
  std::string_view path;
  std::string_view instead;
};
/// Places that a dkms.conf must not name by their usual paths.
std::span<const FixedPath> fixed_paths_of_dkms();

}  // namespace kmpack::detail
