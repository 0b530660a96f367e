#pragma once

#include <filesystem>
#include <vector>

#include "cli/json.hpp"
#include "cli/kernel_view.hpp"
#include "verify/contents.hpp"

namespace kmpack {

/// What belongs to one kernel: packages with modules for it, and with each what must be installed beside it.
struct PackageGroup {
  KernelRelease release;  ///< empty: packages without modules
  std::vector<PackageContents> packages;
};

struct PackageGroups {
  std::vector<PackageGroup> kernels;     ///< sorted by release
  std::vector<PackageContents> others;   ///< without modules: common and meta packages
  std::vector<VerifyReport> unreadable;  ///< one for each file that is no package
};

/// Sort FILE and DIR arguments by kernel. Directories are searched for packages.
///
/// Errors:  throws packages-none when there is none at all, file-unreadable, Cancelled.
PackageGroups group_packages(std::span<const std::filesystem::path> arguments, const std::stop_token& stop);

/// The files to install for `package`: itself and what it needs, and that in turn, of the same format. Looked for among packages
/// for the same kernel and among `others`, which are for none. Of several that would do the one that fits most of its needs, then
/// the newest.
std::vector<std::filesystem::path> installation_of(const PackageContents& package, std::span<const PackageContents> same_kernel,
                                                   std::span<const PackageContents> others);

/// Verify everything: contents, installation, and loading when asked for.
///
/// Errors:  what is wrong with packages is in the answer, kernel-unknown too; reports flavor-* for --kernel. Throws tool-missing,
///          Cancelled.
std::vector<VerifiedKernel> verify_groups(const Work& work, const PackageGroups& groups, Diagnostics& problems);

}  // namespace kmpack
