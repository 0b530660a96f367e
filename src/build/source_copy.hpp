#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "kmpack/manifest.hpp"
#include "sys/files.hpp"

namespace kmpack {

/// What a build leaves in a source tree, and version control: never copied, since an object of another kernel would be linked as
/// it is.
///
/// Shape:   an object that comes without its source is kept, and kbuild's record of it; see is_given_object().
/// Source:  linux scripts/Makefile.build, scripts/Makefile.modpost (targets and their .cmd files).
bool is_left_out(const std::filesystem::path& directory, const TreeEntry& entry);

/// The files a build sees of a source directory: walk() without what is left out, and without links that lead out of the
/// directory (their names go to `skipped_links`): they would point elsewhere from the copy.
std::vector<TreeEntry> source_entries(const std::filesystem::path& directory, const std::filesystem::path& workspace,
                                      std::vector<std::filesystem::path>& skipped_links);

/// The archive the manifest names and no other. Errors: source-missing, source-digest.
void check_source_digest(const SourceSpec& source);

/// Put the package's source into `destination`, which must not exist. `workspace` is left out when it lies within the source.
///
/// Shape:   the directory as it is on disk; or the archive, its SHA-256 checked, a single top directory not dropped. The answer
/// is the source
///          root: `destination`, or the manifest's subdirectory of it.
/// Errors:  source-missing, source-digest, archive-unreadable, archive-hostile, disk-full, file-unwritable. Throws Cancelled.
std::filesystem::path copy_source(const SourceSpec& source, const std::filesystem::path& destination,
                                  const std::filesystem::path& workspace, std::vector<std::filesystem::path>& skipped_links,
                                  std::stop_token stop);

}  // namespace kmpack
