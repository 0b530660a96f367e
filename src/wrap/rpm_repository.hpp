#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace kmpack {

/// A package that repository metadata is to tell of.
struct RpmMdSource {
  std::filesystem::path file;  ///< where it lies now
  std::string location;        ///< below the repository, with `/`
};

/// Write the metadata of an rpm-md repository: primary, filelists and other, each named by its SHA-256, and the repomd.xml that
/// names them.
///
/// Shape:   `directory` is there and empty; it becomes what clients know as repodata/. Packages are told of in the order given.
/// Units:   `time` is seconds since 1970: the revision, and the time of every file; the clock and the files' own times are not
/// asked,
///          so that the same packages give the same bytes.
/// Errors:  rpm-md-unwritable with createrepo_c's words as note.
/// Threads: none beside others that use librpm: createrepo_c reads headers with it, and takes no turn.
/// Source:  createrepo_c 0.17.3 (Debian 12) writes no zstd; gzip is what every dnf and zypper reads.
void write_rpm_md(std::span<const RpmMdSource> packages, std::int64_t time, const std::filesystem::path& directory);

}  // namespace kmpack
