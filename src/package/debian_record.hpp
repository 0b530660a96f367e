#pragma once

#include <filesystem>
#include <optional>

namespace kmpack {

/// Write down what was generated, so that a later run knows it from a maintainer's work: `debian/kmpack.sha256`, which sha256sum
/// -c in debian/ takes.
///
/// Errors:  file-unreadable, file-unwritable, disk-full.
void record_debian_files(const std::filesystem::path& debian);

/// The first file, relative to `debian`, that is not as it was recorded: changed, removed, or added where files were generated.
/// What debhelper leaves there is no change. Without a record that is the record's own name.
///
/// Errors:  file-unreadable.
/// Source:  debhelper(7) and dh_clean(1): files, *.substvars, *.debhelper, *.debhelper.log, debhelper-build-stamp.
std::optional<std::filesystem::path> changed_debian_file(const std::filesystem::path& debian);

}  // namespace kmpack
