#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "kmpack/cell.hpp"
#include "kmpack/kernel.hpp"
#include "package/model.hpp"
#include "package/recipe_text.hpp"
#include "package/source_files.hpp"

namespace kmpack {

/// One kernel in a spec that compiles for it.
struct RecipePart {
  Cell cell;
  HeaderTree headers;            ///< as the modules were built with
  std::filesystem::path source;  ///< the patched source as `models` know it
  std::vector<PackageModel> models;
};

/// The shell commands of a spec's sections, for one architecture.
struct Recipe {
  std::string prep;
  std::string build;
  std::string install;
};

/// What `%prep`, `%build` and `%install` do so that the models' files lie in the build root.
///
/// Shape:   `directory` is a name in the build directory, `archive` that of the source. POSIX sh and the variables that rpmbuild
/// exports, nothing of kmpack; no macro but `%{?kmpack_root}`, below which the
///          kernels' devel packages may lie instead of `/`. Sources of the manifest, files and texts that no build makes are
///          added to `sources`. Each kernel has a copy of the source; its make calls are those of build_modules(), without
///          compiler and architecture, which the kernel's tree knows. Debug information is split off, and what is stripped,
///          signed and compressed afterwards is in `%install` with the u+x bit: strip and find-debuginfo pass over other files.
/// Errors:  make-variable-reserved, package-name-invalid.
/// Source:  facts redhat.md sections 4.1, 4.2; rpm docs/manual/spec.md; RPM_* of /usr/lib/rpm/macros (__spec_build_pre).
Recipe render_recipe(std::span<const RecipePart> parts, const std::string& directory, const std::string& archive,
                     SourceFiles& sources);

/// Name of the archive made of a source that is a directory.
std::string source_archive_name(const Manifest& manifest);

/// Shell commands that compress the modules in the build root as their kernels read them, for where the distribution has no hook
/// that does: calls of the function kmpack_pack.
///
/// Source:  linux scripts/Makefile.modinst; facts suse.md section 4.1.
std::string render_compression(std::span<const RecipePart> parts, const RecipePlaces& places);

/// Make `$copy`, an unpacked source with its root at `$source`, what this kernel's build begins with.
std::string recipe_source(const RecipePart& part, const RecipePlaces& places, SourceFiles& sources);
/// The make calls or the commands of build_modules() in that copy. `tree` is what the text says for the kernel's headers, within
/// double quotes.
std::string recipe_make(const RecipePart& part, const std::string& tree, const RecipePlaces& places);

/// Name in the spec's build directory of the list of a package's build-id links: which they are is known only when the modules
/// are compiled.
std::string debug_list(const PackageModel& model, const std::string& directory);
inline constexpr std::string_view kBuildIds = "/usr/lib/debug/.build-id/";

/// Where the kernel's devel package puts the tree to build against.
///
/// Source:  InstallRules.rpm.tree; facts suse.md section 3, redhat.md section 3.1.
std::filesystem::path installed_tree(const Kernel& kernel);

}  // namespace kmpack
