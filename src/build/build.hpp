#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "build/jobserver.hpp"
#include "kmpack/cell.hpp"
#include "kmpack/kernel.hpp"
#include "kmpack/module.hpp"
#include "sys/process.hpp"

namespace kmpack {

enum class MismatchedCompiler { refuse, allow };

/// Who answers kbuild when it asks what options the compiler knows: a table where it has the answer, or always the compiler.
enum class ProbeAnswers { known, asked };

/// The symbols of a package that this one needs, built before for the same kernel.
struct DependencySymbols {
  std::filesystem::path file;  ///< its Module.symvers
  std::string name;            ///< of the package and its version, as in $dkms_tree
  std::string version;
  SourceSpec source{};  ///< its sources, for those who include its headers; empty: not shown
  std::string place{};  ///< where debug information says that they lie
};

class Probes;

struct BuildSettings {
  std::filesystem::path directory;  ///< private to this cell; emptied first. The source goes to a new directory in it
  std::filesystem::path log;        ///< written anew; begins with the command that can be pasted
  MismatchedCompiler compiler = MismatchedCompiler::refuse;
  std::optional<std::chrono::milliseconds> limit;  ///< of wall time for all of it; without it each foreign command has two hours
  /// Every make gets them as KBUILD_EXTRA_SYMBOLS; copies lie where dkms keeps them, for makefiles that look there.
  std::vector<DependencySymbols> symbols;
  Probes* probes = nullptr;         ///< answers kbuild's questions to the compiler; null: the compiler does, always
  std::filesystem::path workspace;  ///< not copied when it lies within the source; `.kmpack` never is
};

/// Compile the modules of one cell in a private copy of the source.
///
/// Shape:   copy (or unpack), patch, one kbuild per directory in the order of the manifest's needs, each with the symbols of
/// those before.
///          Two runs in different directories give the same bytes, build id and BTF included.
/// Errors:  source-missing, source-digest, archive-unreadable, archive-hostile, patch-failed, patch-escapes, compiler-missing,
///          compiler-mismatch, make-variable-reserved, build-path-unusable, kbuild-file-missing, build-failed, module-not-built,
///          module-ambiguous, disk-full, tool-missing; those of private_tree() and furnish(), build-source-gone,
///          build-leads-away. Errors of what ran are BuildFailure. Throws Cancelled with the make and its children ended.
///          Warnings stand in the record: module-unnamed, source-link-skipped, compiler-mismatch, build-not-confined.
/// Threads: safe from many, each with a directory of its own; holds one slot of the jobserver while make runs.
/// Source:  linux Documentation/kbuild/modules.rst, reproducible-builds.rst.
BuildRecord build_modules(const Cell& cell, const HeaderTree& headers, const BuildSettings& settings, Jobserver& jobserver,
                          CommandRunner& runner, std::stop_token stop);

/// SHA-256 over everything of the manifest that a build reads: source files (names, x bits, contents), patches, make variables,
/// module list. Not times, not what the copy leaves out (`workspace` among it, when it lies within the source).
///
/// Errors:  source-missing, file-unreadable.
std::string source_digest(const Manifest& manifest, const std::filesystem::path& workspace = {});

/// The same apart, for who wants to say what changed.
struct SourceDigests {
  std::string sources;  ///< files and patches; not the manifest itself where it lies among them
  std::string call;     ///< what the manifest says of how they are made into modules
};
SourceDigests source_digests(const Manifest& manifest, const std::filesystem::path& workspace = {});

/// Of sources that the build of another package is shown: every name, link, x bit and content of them. Empty without sources.
///
/// Errors:  source-missing, file-unreadable.
std::string shown_digest(const SourceSpec& source, const std::filesystem::path& workspace = {});

}  // namespace kmpack
