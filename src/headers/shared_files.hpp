#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <stop_token>
#include <vector>

namespace kmpack {

/// What many unpacked headers packages have alike, on disk once.
///
/// Shape:   <cache>/headers/files/<2>/<sha256>-<mode> is content with permission bits; whatever file of a package or set has both
///          is a hard link of it. Times of such files are 1980-01-01, whoever came first; a file whose time means something
///          (Module.symvers and what it is unpacked from) is never shared, nor is an empty one. On a file system without hard
///          links, and past its limit on links, files stay copies.
/// Threads: safe from many, where the callers hold the store's lock.
/// Source:  docs/decisions/0016-header-sharing.md.
class SharedFiles {
 public:
  explicit SharedFiles(const std::filesystem::path& cache);

  /// Has everything in the store been shared? False for a store of an earlier kmpack.
  [[nodiscard]] bool is_complete() const;

  /// Make the files below `tree`, whose content is known to be right, links of shared ones. A shared file that has not the
  /// content that its name says is found when its content comes again, and replaced wherever it is in the store.
  ///
  /// Errors:  file-unreadable, file-unwritable, disk-full; the tree is then whole, some of it shared. Throws Cancelled.
  void share(const std::filesystem::path& tree, const std::stop_token& stop);

  /// The same for all sets of the store and their packages; the store is then complete.
  void share_all(const std::stop_token& stop);

  /// Remove shared files that nothing uses any more, and what killed runs left.
  void sweep() const;

  /// Shared files whose content or mode is not what their name says, sorted.
  ///
  /// Errors:  file-unreadable. Throws Cancelled.
  [[nodiscard]] std::vector<std::filesystem::path> damaged(const std::stop_token& stop) const;

 private:
  /// Where the content of a file that had this inode is shared.
  using Places = std::map<ino_t, std::filesystem::path>;

  void share_file(const std::filesystem::path& file, Places& seen, Places& replaced) const;
  /// False when there is such a shared file already. True also where none can be made: the file then stays alone.
  [[nodiscard]] bool put_first(const std::filesystem::path& file, const std::filesystem::path& place) const;
  void put_over(const std::filesystem::path& from, const std::filesystem::path& to) const;
  void put_everywhere(const Places& places, const std::stop_token& stop) const;
  [[nodiscard]] std::vector<std::filesystem::path> unpacked_packages() const;
  [[nodiscard]] std::vector<std::filesystem::path> roots_of_sets() const;

  std::filesystem::path store_;
  std::filesystem::path files_;
};

}  // namespace kmpack
