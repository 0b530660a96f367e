#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "verify/contents.hpp"

namespace kmpack {

/// A module as it lies in its package: signed, compressed.
struct PackedModule {
  std::filesystem::path installed;  ///< /lib/modules/R/updates/hello/hello.ko
  std::string bytes;
};

/// Read the modules of a package; nothing is written anywhere.
///
/// Shape:   `contents` is what read_contents() told of the same file; the modules come in order of path.
/// Errors:  archive-unreadable, archive-hostile (a name that does not stay below the root, a member below what is no directory,
///          more than 1 GiB of modules). Throws Cancelled.
/// Threads: safe from many.
std::vector<PackedModule> packed_modules(const PackageContents& contents, std::stop_token stop = {});

}  // namespace kmpack
