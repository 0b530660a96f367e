#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

#include "kmpack/manifest.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// A file name of a patch that, with `strip` parts dropped, would lie outside of the tree it is applied to; empty when there is
/// none.
///
/// Shape:   unified diffs, with git's extended headers; lines within a hunk are content and not looked at.
/// Source:  POSIX patch, "Filename Determination"; GNU diffutils manual, "Detailed Description of Unified Format".
std::string escaping_name(std::string_view patch, int strip);

/// What GNU patch's output says went wrong, as the end of a sentence: "hunk 2 of hello.c fails at line 14".
std::string describe_patch_failure(std::string_view output);

/// Apply the manifest's patches that are meant for `release`, in their order, to the tree at `root`.
///
/// Shape:   every hunk must fit exactly where it says or at an offset, never by ignoring context; only unified diffs, so that no
/// patch
///          can carry an ed script.
/// Errors:  patch-failed, patch-escapes, file-unreadable, tool-missing. Throws Cancelled.
void apply_patches(const Manifest& manifest, const KernelRelease& release, const std::filesystem::path& root,
                   const std::filesystem::path& log, CommandRunner& runner, std::stop_token stop);

}  // namespace kmpack
