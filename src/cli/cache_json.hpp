#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "cache/cache_upkeep.hpp"

namespace kmpack {

/// A cache that was looked at.
template <class Found>
struct LookedAt {
  std::filesystem::path directory;
  bool readonly = false;  ///< named by --cache-readonly
  Found found;
};

std::string to_json(std::span<const LookedAt<CacheStats>> caches, std::uint64_t limit);
std::string to_json(std::span<const LookedAt<CacheVerified>> caches);
std::string to_json(const std::filesystem::path& cache, const CacheTrimmed& trimmed, std::uint64_t limit);

/// `2026-11-21T23:55:00Z`
std::string time_text(std::int64_t seconds);

}  // namespace kmpack
