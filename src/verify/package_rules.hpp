#pragma once

#include "verify/contents.hpp"
#include "verify/package.hpp"

namespace kmpack {

/// Check what a package says of itself, without its modules' content. Returns the release its modules are for, empty without
/// modules.
///
/// Shape:   name, architecture, paths (nothing under kernel/, one release only, no special file, no setuid, no link that leaves
/// the root),
///          owners, relations, scripts. Each rule is one Check.
KernelRelease check_contents(const PackageContents& contents, const VerifyExpectation& expectation, VerifyReport& report);

}  // namespace kmpack
