#pragma once

#include <filesystem>
#include <stop_token>
#include <vector>

#include "kmpack/manifest.hpp"
#include "package/debian_source.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// Where a Debian source package is put together; absolute paths.
struct DebianPlaces {
  std::filesystem::path workspace;  ///< kmpack's own, left out of a source that it lies in
  std::filesystem::path output;
  std::filesystem::path scratch;  ///< of this source alone
};

/// The one directory that everything in a manifest's archive lies below, which dpkg-source drops; empty: there is none, or the
/// source is a directory.
///
/// Errors:  archive-unreadable. Throws Cancelled.
/// Source:  dpkg-source(1); Dpkg::Source::Archive (extract).
std::filesystem::path source_top(const Manifest& manifest, const std::stop_token& stop);

/// Write `<name>-<version>` into the output directory: the upstream source with `debian/` in it, where dpkg-buildpackage can be
/// called. A tree that kmpack wrote before is replaced, when its debian/ is still what was written.
///
/// Errors:  debian-tree-foreign (something else is there, a changed debian/, or another orig tarball of the version),
///          source-missing, source-digest, archive-unreadable, archive-hostile, file-unreadable, file-unwritable, disk-full.
///          Throws Cancelled.
std::filesystem::path write_source_tree(const DebianSource& source, const Manifest& manifest, const DebianPlaces& places,
                                        std::stop_token stop);

/// Make `.dsc`, `.orig.tar.*` and `.debian.tar.xz` in the output directory, by `dpkg-source -b`, after write_source_tree().
/// Answers them, the `.dsc` first.
///
/// Shape:   the same source gives the same bytes. An upstream archive that dpkg-source takes is taken as it is.
/// Errors:  tool-missing, process-failed, file-unwritable, disk-full. Throws Cancelled.
/// Source:  dpkg-source(1), dsc(5).
std::vector<std::filesystem::path> write_dsc(const DebianSource& source, const Manifest& manifest, const DebianPlaces& places,
                                             CommandRunner& runner, std::stop_token stop);

}  // namespace kmpack
