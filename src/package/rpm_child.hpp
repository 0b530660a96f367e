#pragma once

#include <span>
#include <string>

namespace kmpack {

/// Body of `kmpack internal rpmbuild SPEC TOP ROOT TARGET EPOCH RESULT`: the process of its own that librpmbuild needs.
///
/// Shape:   `args` are the words after `rpmbuild`. 0 when the package lies at RESULT; else 1, with one diagnostic on stderr.
int run_rpm_child(std::span<const std::string> args);

}  // namespace kmpack
