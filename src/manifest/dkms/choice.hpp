#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "kmpack/manifest.hpp"
#include "manifest/dkms/evaluate.hpp"

namespace kmpack {

/// The MAKE for this kernel, with dkms's additions and in dkms's own paths.
///
/// Shape:   without MAKE_MATCH[0] the first is the default; of those whose MAKE_MATCH matches the last one wins. KERNELRELEASE is
/// put in
///          where the text begins with `make`, as dkms does. Its -j is not, and a -j of that make is taken out: all makes of a
///          run share one jobserver, which a -j leaves.
/// Errors:  warns: dkms-array-sparse, dkms-element-unused, dkms-make-name, dkms-pattern-invalid.
/// Source:  facts debian.md section 1.2, MAKE and "injection".
std::string dkms_make_of(const DkmsDump& dump, const DkmsOrigin& origin, const DkmsKernel& kernel, std::string_view conf,
                         Diagnostics& problems);

/// The patches for this kernel in order, below patches/.
///
/// Errors:  dkms-path-unsafe; warns as above.
std::vector<std::filesystem::path> dkms_patches_of(const DkmsDump& dump, const DkmsOrigin& origin, const DkmsKernel& kernel,
                                                   std::string_view conf, Diagnostics& problems);

}  // namespace kmpack
