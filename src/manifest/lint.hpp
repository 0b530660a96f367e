#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "manifest/dkms_dump.hpp"

namespace kmpack {

/// What the text of a dkms.conf shows before it runs: each with the line it stands in.
///
/// Errors:  warns lint-directive-unknown, lint-exclusive-abused, lint-location-ignored, lint-make-jobs, lint-make-not-first,
///          lint-path-fixed, lint-running-kernel, lint-version-parsed, lint-clean-works.
/// Threads: safe from many.
/// Source:  facts debian.md sections 1.2, 1.4, 4.2.
void lint_dkms_text(std::string_view text, const std::filesystem::path& conf, Diagnostics& problems);

/// What a dkms.conf says that is not in its text: scripts it names, which are looked for in `source`.
///
/// Errors:  warns lint-script-not-executable, lint-script-missing.
void lint_dkms_scripts(const DkmsDump& dump, std::string_view text, const std::filesystem::path& conf,
                       const std::filesystem::path& source, Diagnostics& problems);

/// The line of a dkms.conf where a directive is set last: with that index where the text names it, else any.
std::optional<std::uint32_t> line_of_directive(std::string_view text, std::string_view directive, std::optional<unsigned> index);

struct LintedModule {
  std::string name;
  std::filesystem::path directory;  ///< relative to the source root, normal
};

/// Sources of a package and how they are made.
struct LintedSources {
  std::filesystem::path root;
  std::vector<LintedModule> modules;
  /// Shell text with `${kernel_source_dir}` and `${build_dir}`, as BuildCommand; none: kbuild in every module's directory.
  std::vector<std::string> commands;
};

/// Errors:  warns lint-running-kernel, lint-path-fixed; reports lint-license-missing for a module that kbuild will refuse.
/// Threads: safe from many.
/// Source:  linux Documentation/kbuild/modules.rst, scripts/mod/modpost.c (a module without MODULE_LICENSE is an error).
void lint_sources(const LintedSources& sources, Diagnostics& problems);

}  // namespace kmpack
