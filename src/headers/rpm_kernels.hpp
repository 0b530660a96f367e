#pragma once

#include <span>
#include <string>
#include <vector>

#include "flavors/catalogue.hpp"
#include "flavors/select.hpp"
#include "headers/rpm_md_messages.hpp"

namespace kmpack {

/// Packages that matter for a distribution's headers.
struct RpmWishes {
  std::vector<std::string> names;     ///< kernel-default-devel, kernel-rt-devel
  std::vector<std::string> prefixes;  ///< of parts: kernel-devel
};
RpmWishes wished_packages(const Catalogue& catalogue);

/// Headers that cannot be used: a package that they need, in that version, is not there.
struct IncompleteKernel {
  std::string headers;  ///< kernel-default-devel 6.4.0-150600.23.7.3
  std::string part;     ///< kernel-devel = 6.4.0-150600.23.7.3
};

struct RpmKernels {
  Kernels kernels;  ///< sorted by flavor and release
  std::vector<IncompleteKernel> incomplete;
};

/// The kernels of one distribution that these packages have headers of.
///
/// Shape:   a kernel is a headers package whose name, architecture and release (by the series' `uname`) the catalogue knows. What
///          it requires and starts with one of the series' parts belongs to it, in the exact version where the requirement says
///          so. Of one release that was packed several times, as SUSE does, the newest package counts.
/// Threads: safe from many.
/// Source:  facts of SUSE's kernel-binary.spec.in and Red Hat's kernel.spec: docs/flavors.md, `uname`.
RpmKernels rpm_kernels(std::span<const RpmPackage> packages, const Catalogue& catalogue);

/// `uname -r` of the kernel that a headers package belongs to; empty when that could be no release.
std::string release_of(const RpmMdPackage& headers, const CatalogueSeries& series, const CatalogueFlavor& flavor);

/// `[epoch:]version-release`
std::string version_text(const RpmMdPackage& package);

}  // namespace kmpack
