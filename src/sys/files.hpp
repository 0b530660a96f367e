#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace kmpack {

/// Whole content of a regular file, or of /dev/null. Errors: file-unreadable, also for a fifo, a socket or another device: never
/// waits for who may write there.
std::string read_file(const std::filesystem::path& path);

/// For who reads a file in another way than read_file(): throws what that throws for a fifo, a socket or a device. A file that is
/// absent passes.
void refuse_special_file(const std::filesystem::path& path);

/// Write beside the place, fsync, rename. Errors: file-unwritable (disk-full when that is why). Nothing is left behind on
/// failure.
void write_file(const std::filesystem::path& path, std::string_view content,
                std::filesystem::perms mode = std::filesystem::perms{0644});

/// The same with content that `make` hands over piece by piece, so that it is never held whole.
using TakePiece = std::function<void(std::string_view piece)>;
void write_pieces(const std::filesystem::path& path, const std::function<void(const TakePiece&)>& make,
                  std::filesystem::perms mode = std::filesystem::perms{0644});

/// A path beside `place` on the same file system for building something that is then renamed; removed when not published.
class Staged {
 public:
  /// Creates the parent directories of `place`. Nothing exists at path() yet.
  explicit Staged(std::filesystem::path place);
  ~Staged();
  Staged(const Staged&) = delete;
  Staged& operator=(const Staged&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// fsync and rename to the place, replacing a file there. For a directory: an existing one is exchanged and removed.
  ///
  /// Errors:  file-unwritable, disk-full; the place is then as it was. Once the new one is in place nothing throws: what cannot
  ///          be removed of the old one stays beside it, under a name with a dot before it.
  void publish();

 private:
  /// Returns what is to be removed then, if anything.
  [[nodiscard]] std::filesystem::path put_in_place() const;

  std::filesystem::path place_;
  std::filesystem::path path_;
  bool published_ = false;
};

/// A private directory (0700) that is removed with everything in it.
class TempDir {
 public:
  /// Below `parent`, or below $TMPDIR.
  explicit TempDir(const std::filesystem::path& parent = {});
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

enum class EntryType { file, directory, symlink, other };

struct TreeEntry {
  std::filesystem::path relative;
  EntryType type = EntryType::file;
};

/// Everything below `root`, sorted by path bytes, symlinks not followed. `skip` returns true for what is left out (with all below
/// it).
std::vector<TreeEntry> walk(const std::filesystem::path& root, const std::function<bool(const TreeEntry&)>& skip = {});

/// Copy a tree: reflink where the file system can, else a plain copy. Symlinks are copied as links. Modes kept, owners not.
void copy_tree(const std::filesystem::path& from, const std::filesystem::path& to,
               const std::function<bool(const TreeEntry&)>& skip = {});
/// Copy one file: reflink where possible, else bytes.
void clone_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Remove a tree that may have read-only directories in it. Does not follow links. Absent is fine.
void remove_tree(const std::filesystem::path& root);

/// fsync of everything below and of the directory itself, for what other programs wrote there. Links are not followed.
void sync_tree(const std::filesystem::path& root);

void make_directories(const std::filesystem::path& path);

/// True for a relative path without `..`, `.` components, empty parts, NUL or newline: safe to join to a root.
bool is_safe_relative(const std::filesystem::path& path);

/// Throws the Diagnostic for a failed system call: `code` file-unreadable or file-unwritable, disk-full for ENOSPC and EDQUOT.
[[noreturn]] void throw_system_error(int error_number, std::string_view doing, const std::filesystem::path& path);

}  // namespace kmpack
