#pragma once

#include <string_view>

#include "kmpack/manifest.hpp"

namespace kmpack {

/// Is a kernel release within the range, both ends included? `max` counts only as many components as it has: 6.1 takes all
/// of 6.1.x.
///
/// Shape:   of `6.1.0-56-rt-amd64` the numbers 6, 1, 0 are compared. A release that starts with no number is in an unbounded
/// range only.
///          Debian 12 names its 6.1 kernels 6.1.0 whatever the stable update, so a third component says little there.
bool in_range(const KernelRange& range, std::string_view release) noexcept;

/// Is no kernel in both?
bool are_apart(const KernelRange& left, const KernelRange& right) noexcept;

/// Is there no kernel between `max`, as it is counted, and `min`? `6.1` is followed by 6.2 and all before it.
bool follows(std::string_view max, std::string_view min) noexcept;

/// Digits with dots between them, as `min` and `max` are written.
bool is_kernel_version(std::string_view text) noexcept;

}  // namespace kmpack
