#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace kmpack {

/// Bytes that results may take when nobody says otherwise.
inline constexpr std::uint64_t kUsualCacheLimit = std::uint64_t{5} << 30;

struct CacheStats {
  std::size_t entries = 0;
  std::size_t objects = 0;
  std::uint64_t bytes = 0;             ///< of entries and objects
  std::optional<std::int64_t> oldest;  ///< seconds since 1970: when the longest unused entry was last of use
};

struct CacheTrimmed {
  std::size_t entries = 0;  ///< dropped
  std::size_t objects = 0;
  std::uint64_t bytes = 0;  ///< freed
  std::uint64_t left = 0;
};

struct CacheVerified {
  std::size_t entries = 0;  ///< read
  std::size_t objects = 0;
  std::vector<std::string> damaged;  ///< entries and objects, by their names below results/
};

/// What the results of a cache are worth. `cache` is the whole cache's directory, as in ResultCache; one without results is
/// empty. Errors: file-unreadable.
CacheStats cache_stats(const std::filesystem::path& cache);

/// Drop what no entry names and what killed runs left, then the entries that were not of use for longest, until no more than
/// `limit` bytes are left. Waits for those who are keeping a result.
///
/// Errors:  file-unwritable. Throws Cancelled.
CacheTrimmed trim_cache(const std::filesystem::path& cache, std::uint64_t limit, std::stop_token stop);

/// The same for a run that has other things to do: nothing when others are keeping or dropping just now.
std::optional<CacheTrimmed> trim_cache_if_free(const std::filesystem::path& cache, std::uint64_t limit, std::stop_token stop);

enum class Damaged { drop, leave };

/// Read everything and compare it with its digest. With Damaged::drop what is damaged goes, and entries that need it.
///
/// Errors:  file-unreadable of a directory, file-unwritable. Throws Cancelled.
CacheVerified verify_cache(const std::filesystem::path& cache, Damaged damaged, std::stop_token stop);

}  // namespace kmpack
