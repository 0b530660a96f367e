#pragma once

#include <optional>
#include <string>
#include <string_view>

// Private to the lint.
namespace kmpack::detail {

/// Does bash itself, or what it runs, heed this name?
bool is_shell_variable(std::string_view name);
/// The directive that a misspelt name most likely meant.
std::optional<std::string> nearest_directive(std::string_view name);

}  // namespace kmpack::detail
