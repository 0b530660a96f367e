#pragma once

#include <string_view>

namespace kmpack {

/// Is this one relation between debs, with its alternatives: `kmod`, `libc6:any (>= 2.36)`, `a (= 1) | b`? APT refuses all
/// package lists of a machine when a single relation in one of them is written wrong.
///
/// Source:  Debian Policy 5.6.1, 5.6.12, 7.1; deb-control(5).
bool is_deb_relation(std::string_view text) noexcept;
/// The value of a field: relations divided by commas, at least one.
bool is_deb_relation_list(std::string_view text) noexcept;

}  // namespace kmpack
