#pragma once

#include <filesystem>
#include <optional>

namespace kmpack {

/// An advisory lock on a file, held until destroyed, given back by the kernel when the process dies.
class FileLock {
 public:
  /// Waits. Errors: file-unwritable.
  static FileLock wait(const std::filesystem::path& file);
  /// Nothing when another process holds it. The holder's pid stands in the file.
  static std::optional<FileLock> attempt(const std::filesystem::path& file);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

/// The pid written by the holder, or 0.
int lock_holder(const std::filesystem::path& file);

}  // namespace kmpack
