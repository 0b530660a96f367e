#pragma once

#include <filesystem>
#include <string>

#include "kmpack/cell.hpp"
#include "kmpack/package.hpp"

namespace kmpack {

/// The directory users ship from: <output>/<distribution>/<arch>/ for packages, <output>/logs/ for logs.
class Output {
 public:
  /// Makes the directory and sees that it can be written to, before hours of compiling. Errors: file-unwritable.
  explicit Output(const std::filesystem::path& directory);
  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }
  /// A copy of the package in its place, replaced whole if one of that name is there. Errors: file-unwritable, disk-full.
  [[nodiscard]] PackageFile publish(const PackageFile& package, const Cell& cell) const;
  /// <output>/logs/<cell>.log
  [[nodiscard]] std::filesystem::path publish_log(const std::filesystem::path& log, const Cell& cell) const;

 private:
  std::filesystem::path directory_;
};

}  // namespace kmpack
