#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>

#include "kmpack/kernel.hpp"
#include "sys/process.hpp"
#include "verify/report.hpp"

namespace kmpack {

/// How package managers get a root of their own.
enum class RootMeans {
  root,        ///< kmpack runs as root: chroot
  namespaces,  ///< an unprivileged user namespace: chroot
  chrootless   ///< dpkg without chroot, scripts see DPKG_ROOT; rpm cannot
};

struct InstallSettings {
  std::filesystem::path scratch;   ///< where scratch roots are made; empty: the system's temporary directory
  std::filesystem::path symvers;   ///< Module.symvers of the kernel, for depmod -E; empty: System.map, when that is a real one
  std::filesystem::path log;       ///< output of all programs, appended
  std::optional<RootMeans> means;  ///< empty: the first that works here
};

/// The first way that works on this machine. Errors: none; chrootless when nothing else works.
RootMeans probe_root_means(CommandRunner& runner, std::stop_token stop);

/// Install one kernel's packages with the real dpkg or rpm into a scratch root, resolve, upgrade, remove, purge.
///
/// Shape:   the module package and what it needs of ours (common package), all of one format. The scratch root holds the kernel's
///          own lists and the in-tree modules that ours need or shadow. Scripts of the packages are run, never outside the root.
/// Errors:  tool-missing, root-unavailable, package-unknown-format; everything about the packages is in the report. Throws
/// Cancelled. Threads: safe from many; each call has its own root. Source:  dpkg(1), rpm(8), depmod(8), modprobe(8); measured.
VerifyReport verify_installation(std::span<const std::filesystem::path> packages, const KernelRelease& release,
                                 const ImageTree& image, const InstallSettings& settings, CommandRunner& runner,
                                 std::stop_token stop);

}  // namespace kmpack
