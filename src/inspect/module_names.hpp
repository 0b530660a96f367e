#pragma once

#include <algorithm>
#include <string>
#include <string_view>

// Private to src/inspect.
namespace kmpack::detail {

/// A module's name as the running kernel knows it: `-` is `_`.
inline std::string kernel_spelling(std::string_view name) {
  std::string text(name);
  std::ranges::replace(text, '-', '_');
  return text;
}

}  // namespace kmpack::detail
