#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace kmpack {

/// One run of librpmbuild over a spec whose files are all in a tree already.
struct RpmBuild {
  std::filesystem::path spec;
  std::filesystem::path top;        ///< private _topdir; everything is written below it
  std::filesystem::path root;       ///< what the packages hold, as it is to lie on the target
  std::string target;               ///< x86_64, aarch64, noarch
  std::int64_t epoch = 0;           ///< build time and latest file time
  std::filesystem::path directory;  ///< of the finished files, each `<name>-<version>-<release>.<arch>.rpm`
};

/// Stands before what begins a line of text in a spec and is a word of rpm. It looks for `%if`, `%include` and sections after it
/// has expanded macros, so that no escape helps; build_rpm() removes the guard from description and scripts once the spec is
/// read. XML cannot hold this sign.
inline constexpr char kRpmLineGuard = '\x01';

/// Build all binary packages of a spec. Neither macros nor configuration of the user are read, and nothing that changes files
/// runs.
///
/// Shape:   nothing lies in the directory before all packages are whole.
/// Errors:  rpm-build-failed with rpm's own messages as notes, disk-full, file-unwritable.
/// Threads: none: librpm keeps its macros in globals. Call it in a process of its own (kmpack internal rpmbuild).
/// Source:  rpm docs/manual/spec.md, /usr/lib/rpm/macros.
void build_rpm(const RpmBuild& build);

}  // namespace kmpack
