#pragma once

#include "kmpack/names.hpp"
#include "verify/contents.hpp"
#include "verify/package.hpp"

namespace kmpack {

/// What ties a package of modules to its kernel, and what its scripts do for it: told by names, not by running them.
///
/// Shape:   nothing is asked of a package without modules (`release` is empty).
/// Errors:  reports package-relation-missing, package-script.
/// Source:  facts debian.md section 3, suse.md sections 1.5 and 2, redhat.md sections 1.3 to 1.5.
void check_relations(const PackageContents& contents, const VerifyExpectation& expectation, const KernelRelease& release,
                     VerifyReport& report);

}  // namespace kmpack
