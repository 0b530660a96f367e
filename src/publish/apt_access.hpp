#pragma once

#include <filesystem>

namespace kmpack {

/// Let everybody read a directory or file, whatever the umask was: web servers, and apt's own user of a file: address. Nothing is
/// taken from it; where that is not allowed, it stays as it is.
void let_all_read(const std::filesystem::path& path);

/// Let everybody read a directory and those above it, as far as `top`, which they are in.
void let_all_reach(const std::filesystem::path& directory, const std::filesystem::path& top);

/// The same for a whole tree, and put it on disk: names, files, whoever wrote them.
///
/// Errors:  file-unwritable, disk-full.
void settle(const std::filesystem::path& tree);

}  // namespace kmpack
