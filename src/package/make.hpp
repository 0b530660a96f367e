#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <stop_token>
#include <vector>

#include "kmpack/cell.hpp"
#include "kmpack/dependency.hpp"
#include "kmpack/kernel.hpp"
#include "kmpack/module.hpp"
#include "kmpack/package.hpp"
#include "sys/process.hpp"

namespace kmpack {

struct PackageSettings {
  std::filesystem::path output;                      ///< directory of the finished packages; made when absent
  std::vector<std::filesystem::path> template_dirs;  ///< searched in order; as <prefix>/share/kmpack/templates
  std::filesystem::path scratch;                     ///< for what exists only while packing
  std::filesystem::path executable;                  ///< kmpack itself, run again for librpmbuild
  std::filesystem::path certificate;                 ///< of the modules' signatures; empty: unsigned
  std::span<const BuiltDependency> dependencies;     ///< that the modules were built against
  unsigned threads = 1;  ///< that packing one deb may use, 0: one for each processor; never changes a byte
};

/// Pack what a cell built in every format asked for: the modules' package and, when this is the newest kernel of its series, the
/// one that follows it (deb, Fedora); for rpm also certificate and debug information (rpm_models()). With no formats: the family
/// of the kernel's distribution.
///
/// Errors:  those of module_package_model and rpm_models; package-name-invalid, script-invalid, template-missing,
/// template-invalid, template-unknown-name,
///          rpm-build-failed, file-unwritable, disk-full. Nothing half-written stays. Throws Cancelled.
/// Threads: safe from many, for different cells.
std::vector<PackageFile> make_packages(const Cell& cell, const HeaderTree& headers, const BuildRecord& build,
                                       std::span<const SealedModule> modules, std::span<const Format> formats,
                                       const PackageSettings& settings, CommandRunner& runner, std::stop_token stop);

/// Pack what belongs to no single kernel. Empty when the manifest has nothing of the kind. Made once per manifest and
/// distribution; `epoch` must not depend on a kernel (source_date_epoch_or_default()).
std::vector<PackageFile> make_common_packages(const Manifest& manifest, const InstallRules& rules,
                                              std::span<const Format> formats, std::int64_t epoch,
                                              const PackageSettings& settings, CommandRunner& runner, std::stop_token stop);

}  // namespace kmpack
