#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "kmpack/manifest.hpp"
#include "manifest/dkms/dump.hpp"
#include "manifest/dkms/evaluate.hpp"

namespace kmpack {

struct DkmsModule {
  std::string built_name;                 ///< BUILT_MODULE_NAME, or its default
  std::filesystem::path built_directory;  ///< BUILT_MODULE_LOCATION, normal, relative; "." at the root
  std::string installed_name;             ///< DEST_MODULE_NAME, or the built name
  std::string installed_directory;        ///< DEST_MODULE_LOCATION as written; no package goes by it
  Strip strip = Strip::yes;
  std::optional<std::string> excluded;  ///< why this kernel does not get it (BUILD_EXCLUSIVE_* of its own index)
};

/// A directive that restricts the kernels, and whether the one that was asked about fulfils it.
struct DkmsRule {
  std::string directive;   ///< BUILD_EXCLUSIVE_KERNEL, …, OBSOLETE_BY
  std::string text;        ///< as dkms sees it; of BUILD_EXCLUSIVE_CONFIG one option
  unsigned index = 0;      ///< of the directive
  bool of_module = false;  ///< for the module of that index alone
  bool met = true;
  std::uint32_t line = 0;  ///< of the conf; 0: not to be seen there

  [[nodiscard]] bool says_as(const DkmsRule& other) const {
    return directive == other.directive && text == other.text && index == other.index && of_module == other.of_module;
  }
};

/// What a dkms.conf means for one kernel: directives understood, defaults filled in, one of the alternatives chosen.
///
/// In all shell text kernel-dependent paths are replaced: `${kernel_source_dir}`, `${build_dir}`, `${kernelver}` (see
/// BuildCommand).
struct DkmsConf {
  std::string name;     ///< PACKAGE_NAME
  std::string version;  ///< PACKAGE_VERSION
  std::vector<DkmsModule> modules;
  std::string make;  ///< the chosen MAKE, or dkms's generic call; -j and KERNELRELEASE put in as dkms does
  std::vector<std::filesystem::path> patches;  ///< below patches/, those for this kernel, in order
  std::string pre_build;                       ///< script and arguments; empty: none
  std::string post_build;
  std::optional<std::string> excluded;  ///< why the whole package is not for this kernel (dkms's exit 77)
  std::vector<DkmsRule> rules;          ///< what that was decided by, whether it held or not
  std::vector<std::string> build_depends;
  /// POST_ADD, PRE_INSTALL, POST_INSTALL, POST_REMOVE and their text: they run on the target, in dkms's tree, and are not carried
  /// over.
  std::map<std::string, std::string> target_scripts;
};

/// What dkms of the chosen version makes of a dump.
///
/// Errors:  reports every mistake in one pass: dkms-name-missing, dkms-no-modules, dkms-array-hole, dkms-value-dropped, … ; warns
///          where a value means something else to dkms than to its author, and where dkms itself misbehaves. Nothing comes back
///          after an error.
/// Threads: safe from many.
/// Source:  facts debian.md sections 1.1 to 1.4.
std::optional<DkmsConf> interpret_dkms(const DkmsDump& dump, const DkmsOrigin& origin, const DkmsKernel& kernel,
                                       Diagnostics& problems);

}  // namespace kmpack
