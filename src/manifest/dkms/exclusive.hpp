#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "kmpack/manifest.hpp"
#include "manifest/dkms/conf.hpp"
#include "manifest/dkms/evaluate.hpp"

namespace kmpack {

/// A version as dkms compares it, as text: digits filled up to three, blanks left out.
///
/// Source:  dkms 3.0.10 and 3.4.3, VER().
std::string dkms_version_key(std::string_view version);

struct DkmsExclusion {
  std::optional<std::string> package;               ///< why no module is for this kernel
  std::vector<std::optional<std::string>> modules;  ///< why one is not, by index
  std::vector<DkmsRule> rules;                      ///< all that was looked at
};

/// What BUILD_EXCLUSIVE_* and OBSOLETE_BY say of a kernel; nothing for no kernel in particular.
///
/// Shape:   what stands at index 0 alone is for all modules; where there are more indices each is for its own module (dkms takes
/// the
///          first for all modules even then: dkms-exclusive-first).
/// Errors:  warns: dkms-exclusive-first, dkms-pattern-invalid, dkms-kernel-max, dkms-config-unknown, dkms-directive-newer.
/// Source:  facts debian.md section 1.2; dkms 3.4.3 check_build_exclusive_for_module.
DkmsExclusion dkms_exclusion(const DkmsDump& dump, const DkmsOrigin& origin, const DkmsKernel& kernel, std::size_t modules,
                             std::string_view conf, Diagnostics& problems);

}  // namespace kmpack
