#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "sys/descriptor.hpp"

// Private to src/cache.
namespace kmpack::detail {

std::filesystem::path object_place(const std::filesystem::path& results, const std::string& sha256);
std::filesystem::path entry_place(const std::filesystem::path& results, const std::string& key);

/// A regular file of a cache open for reading; nothing when there is none. `place` is below `results`, and no link on the way
/// from there is followed: the cache may be another's.
Descriptor open_cached(const std::filesystem::path& results, const std::filesystem::path& place);
/// Its size in bytes.
std::uint64_t size_of(const Descriptor& file);

/// As much as can be read: of a failing disk that is less, which then does not have its digest.
std::string read_up_to(const Descriptor& file, std::size_t size);

/// All that can be read of it, or nothing when it is absent, no regular file, or larger than `largest`.
std::optional<std::string> read_cached(const std::filesystem::path& results, const std::filesystem::path& place,
                                       std::uint64_t largest);

struct CachedName {
  std::string name;  ///< an object's or entry's; with a dot before it: what a killed run left
  std::filesystem::path place;
  std::uint64_t size = 0;
  std::int64_t used = 0;  ///< nanoseconds since 1970: its mtime
};
/// Regular files of one kind ("objects", "entries"), in no order. Errors: file-unreadable.
std::vector<CachedName> list_cached(const std::filesystem::path& results, std::string_view kind);

/// Errors: file-unwritable, disk-full; `path` is what they name.
void write_all(const Descriptor& file, std::string_view bytes, const std::filesystem::path& path);

/// Write to a file beside the place, then rename. Not synced: what a power failure leaves does not have its digest, and is built
/// again. Errors: file-unwritable, disk-full; nothing is left then.
void write_cached(const std::filesystem::path& place, std::string_view bytes, std::filesystem::perms mode);

enum class Sharing { shared, alone };

/// The lock of a cache: who keeps a result shares it, who drops objects has it alone. Given back at the end, or by the kernel.
class CacheLock {
 public:
  /// Nothing when others have it so until `stop`, or for longer than `patience`. A file system without locks gives an empty lock:
  /// then a result may be lost to a trim, and is built again.
  static std::optional<CacheLock> wait(const std::filesystem::path& results, Sharing sharing, std::chrono::milliseconds patience,
                                       const std::stop_token& stop);

 private:
  explicit CacheLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace kmpack::detail
