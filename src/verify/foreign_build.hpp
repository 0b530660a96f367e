#pragma once

#include <span>
#include <string>

#include "kmpack/names.hpp"
#include "verify/contents.hpp"
#include "verify/package.hpp"
#include "verify/packed_modules.hpp"

namespace kmpack {

/// Do the modules of a package that says that they were built for another kernel load on the one it is for?
struct ForeignBuild {
  KernelRelease built_for;  ///< as the package says
  bool loads = false;
  std::string reason;
};

/// Ask it of all modules of the package together; the symbols are the kernel's own, from its headers.
///
/// Shape:   fails closed: where the headers are not here, the kernel compares no
///          CRCs or a module cannot be read, the answer is no.
ForeignBuild judge_foreign_build(const KernelRelease& built_for, std::span<const PackedModule> modules,
                                 const VerifyExpectation& expectation);

}  // namespace kmpack
