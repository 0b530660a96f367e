#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "kmpack/manifest.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// What in a patch must not reach the patch program.
struct PatchScan {
  std::string
      escaping_name;  ///< of a file that, with the leading parts dropped, lies outside of the tree; empty when there is none
  unsigned command_line = 0;  ///< where something reads as a command of an ed script; 0 when nothing does
};

/// Looks through a patch without applying it.
///
/// Shape:   unified diffs, with git's extended headers; lines within a hunk are content and not looked at.
/// Source:  POSIX patch, "Filename Determination"; GNU diffutils manual, "Detailed Description of Unified Format", "ed Scripts".
PatchScan scan_patch(std::string_view patch, int strip);

/// What GNU patch's output says went wrong, as the end of a sentence: "hunk 2 of hello.c fails at line 14".
std::string describe_patch_failure(std::string_view output);

/// Every hunk that GNU patch's output says was put in although context differs, as the end of a sentence: "hunk 1 of hello.c,
/// with fuzz 2".
std::vector<std::string> fuzzy_hunks(std::string_view output);

/// Apply the manifest's patches that are meant for `release`, in their order, to the tree at `root`. Gives warnings: patch-fuzzy.
///
/// Shape:   every hunk must fit where it says or at an offset, and ignore no more context than the patch's fuzz; only unified
///          diffs, so that no patch can carry an ed script.
/// Errors:  patch-failed, patch-escapes, file-unreadable, tool-missing. Throws Cancelled.
std::vector<Diagnostic> apply_patches(const Manifest& manifest, const KernelRelease& release, const std::filesystem::path& root,
                                      const std::filesystem::path& log, CommandRunner& runner, std::stop_token stop);

}  // namespace kmpack
