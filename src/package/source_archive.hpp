#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>

#include "sys/files.hpp"

namespace kmpack {

/// The archive of a manifest's source directory, as source packages carry it.
struct SourceArchive {
  std::filesystem::path place;
  std::filesystem::path top;                   ///< the one directory that everything in it is below
  std::int64_t epoch = 0;                      ///< time of every member
  std::function<bool(const TreeEntry&)> skip;  ///< left out besides what a build does not see; empty: nothing
};

/// Write the archive, compressed with xz: sorted, with one time and owner, so that the same source gives the same bytes.
///
/// Errors:  file-unreadable, file-unwritable, disk-full. Throws Cancelled.
void write_source_archive(const std::filesystem::path& source, const std::filesystem::path& workspace,
                          const SourceArchive& archive, const std::stop_token& stop);

}  // namespace kmpack
