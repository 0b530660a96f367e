#pragma once

#include <filesystem>

#include "kmpack/cell.hpp"
#include "sys/lock.hpp"

namespace kmpack {

/// The directory in which a project's stages leave their records and artifacts, held by one run at a time.
///
/// Shape:   <workspace>/cells/<cell key>/{record.json,build.log,modules/,packages/,work-*}.
/// Errors:  workspace-in-use (names the pid), file-unwritable.
/// Threads: const members from many.
class Workspace {
 public:
  explicit Workspace(const std::filesystem::path& directory);
  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }
  [[nodiscard]] std::filesystem::path cell(const Cell& cell) const;
  /// An empty directory for this run's work on the cell. What killed runs left is removed; a compiler that outlived its run may
  /// still write into the old one, so no two runs share a name.
  [[nodiscard]] std::filesystem::path fresh_work(const Cell& cell) const;

 private:
  std::filesystem::path directory_;
  FileLock lock_;
};

/// Where a finished cell's record lies in a workspace, whether a run holds it or not; a plan only looks.
std::filesystem::path record_file(const std::filesystem::path& workspace, const Cell& cell);

}  // namespace kmpack
