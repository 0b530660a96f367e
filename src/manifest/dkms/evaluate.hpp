#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "kmpack/manifest.hpp"
#include "kmpack/names.hpp"
#include "manifest/dkms/dump.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// The kernel that a dkms.conf is asked about.
struct DkmsKernel {
  KernelRelease release;
  std::string arch;                  ///< as `uname -m`: x86_64, aarch64
  std::filesystem::path source_dir;  ///< $kernel_source_dir: the header tree, on this disk
  std::filesystem::path config;      ///< $kernel_config
  std::string distribution;          ///< $running_distribution: debian12
};

/// Let bash evaluate a dkms.conf, and the machine's override files when asked for, for one kernel.
///
/// Shape:   in a confined child (empty working directory, no network, nothing writable, scrubbed environment, stdin closed), with
///          the variables dkms defines: dkms_tree=/var/lib/dkms, source_tree=/usr/src, install_tree=/lib/modules, as on a machine
///          with dkms, so that written-out and computed paths come out alike. Where nothing confines it these are directories of
///          its own below `scratch` (or $TMPDIR), and what came of them is put back into dkms's words.
/// Errors:  reports dkms-conf-unreadable, dkms-conf-failed (syntax, an early exit: with bash's line), dkms-conf-timeout,
///          dkms-conf-too-much, dkms-dump-broken; tool-missing for bash. Throws Cancelled.
/// Threads: safe from many.
/// Source:  facts debian.md sections 1.1, 1.3, 1.4; dkms 3.0.10 and 3.4.3 read_conf, safe_source.
std::optional<DkmsDump> evaluate_dkms(const DkmsOrigin& origin, const DkmsKernel& kernel, CommandRunner& runner,
                                      std::stop_token stop, Diagnostics& problems, const std::filesystem::path& scratch = {});

}  // namespace kmpack
