#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/diagnostic.hpp"

namespace kmpack {

/// What the text of a dkms.conf shows before it runs: each with the line it stands in.
///
/// Shape:   what interpret_dkms() says of the evaluated values it leaves to that.
/// Errors:  warns lint-clean-works, lint-directive-deprecated, lint-directive-unknown, lint-exclusive-abused,
///          lint-location-ignored, lint-make-jobs, lint-make-not-first, lint-running-kernel, lint-version-parsed.
/// Threads: safe from many.
/// Source:  facts debian.md sections 1.2, 1.4, 4.2.
void lint_dkms_text(std::string_view text, const std::filesystem::path& conf, Diagnostics& problems);

/// Scripts that dkms runs on the machine where it installs (POST_ADD and such), looked for beside the conf. Those of a build are
/// merged_dkms()'s to judge.
///
/// Errors:  warns lint-script-missing, lint-script-not-executable.
void lint_dkms_scripts(const std::map<std::string, std::string>& scripts, const std::filesystem::path& conf,
                       Diagnostics& problems);

struct LintedModule {
  std::string name;
  std::filesystem::path directory;  ///< relative to the source root, normal
};

/// Sources of a package and how they are made.
struct LintedSources {
  std::filesystem::path root;
  std::vector<LintedModule> modules;
  /// Variables of every kbuild call.
  std::set<std::string> given;
  /// Shell text with `${kernel_source_dir}` and `${build_dir}`, as BuildCommand; none: kbuild in every module's directory.
  std::vector<std::string> commands;
};

/// Errors:  warns lint-running-kernel, lint-path-fixed; reports lint-license-missing for a module that kbuild will refuse.
/// Threads: safe from many.
/// Source:  linux Documentation/kbuild/modules.rst, scripts/mod/modpost.c (a module without MODULE_LICENSE is an error).
void lint_sources(const LintedSources& sources, Diagnostics& problems);

}  // namespace kmpack
