#pragma once

#include <vector>

#include "kmpack/manifest.hpp"

namespace kmpack {

/// Can no kernel at all be one that both conditions hold for? Said of what the text proves, without a catalogue.
///
/// Shape:   ranges that do not meet; or any two of the patterns named differ in a part, where one of the two has no wildcard:
///          distribution, flavor, architecture, and after `@` two releases, two series, or a series that is a kernel version and
///          a release of another version. A series of another name may have any release.
/// Threads: safe from many.
bool exclude_each_other(const KernelCondition& left, const KernelCondition& right);

/// Does one of the conditions hold for every kernel, as far as the text says: none said, or ranges that leave nothing between
/// them?
bool hold_for_all(const std::vector<const KernelCondition*>& conditions);

}  // namespace kmpack
