#include "cache/cache_upkeep.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <utility>

#include "cache/cache_entry.hpp"
#include "cache/cache_layout.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using detail::CachedName;
using detail::CacheEntry;
using detail::CacheLock;

constexpr std::chrono::hours kPatience{1};

bool is_leftover(const CachedName& name) { return name.name.starts_with("."); }

void drop(const fs::path& place) {
  if (::unlink(place.c_str()) != 0 && errno != ENOENT) throw_system_error(errno, "cannot remove", place);
}

std::optional<CacheEntry> read_entry(const fs::path& results, const CachedName& name) {
  const auto text = detail::read_cached(results, name.place, detail::kLargestEntry);
  return text ? detail::parse_entry(*text, name.name) : std::nullopt;
}

CacheLock lock_of(const fs::path& results, detail::Sharing sharing, const std::stop_token& stop) {
  auto lock = CacheLock::wait(results, sharing, kPatience, stop);
  if (!lock) throw Cancelled{};
  return std::move(*lock);
}

/// Files of a cache and who needs which, while nobody adds to it.
class Trim {
 public:
  explicit Trim(const fs::path& results) : results_(results) {}

  CacheTrimmed run(std::uint64_t limit, const std::stop_token& stop) {
    read(stop);
    for (const auto& [object, used] : uses_) {
      if (used == 0) drop_object(object);
    }
    std::ranges::sort(entries_, {}, [](const Held& entry) { return std::pair(entry.name.used, entry.name.name); });
    for (const Held& entry : entries_) {
      if (trimmed_.left <= limit) break;
      drop_entry(entry);
    }
    return trimmed_;
  }

 private:
  struct Held {
    CachedName name;
    std::set<std::string> objects;
  };

  void read(const std::stop_token& stop) {
    for (CachedName& object : detail::list_cached(results_, "objects")) {
      trimmed_.left += object.size;
      if (is_leftover(object)) {
        forget(object);
      } else {
        uses_.emplace(object.name, 0);
        objects_.emplace(object.name, std::move(object));
      }
    }
    for (CachedName& name : detail::list_cached(results_, "entries")) {
      if (stop.stop_requested()) throw Cancelled{};
      trimmed_.left += name.size;
      const auto entry = is_leftover(name) ? std::nullopt : read_entry(results_, name);
      if (entry) {
        hold(std::move(name), *entry);
      } else {
        if (!is_leftover(name)) ++trimmed_.entries;
        forget(name);
      }
    }
  }

  void hold(CachedName name, const CacheEntry& entry) {
    Held held{.name = std::move(name), .objects = {}};
    for (const detail::CachedFile& file : entry.files) held.objects.insert(file.sha256);
    for (const std::string& object : held.objects) {
      if (const auto found = uses_.find(object); found != uses_.end()) ++found->second;
    }
    entries_.push_back(std::move(held));
  }

  void forget(const CachedName& name) {
    drop(name.place);
    trimmed_.bytes += name.size;
    trimmed_.left -= name.size;
  }

  void drop_object(const std::string& name) {
    forget(objects_.at(name));
    ++trimmed_.objects;
  }

  /// The entry before its objects: who comes in between finds no result, not half of one.
  void drop_entry(const Held& entry) {
    forget(entry.name);
    ++trimmed_.entries;
    for (const std::string& object : entry.objects) {
      if (const auto found = uses_.find(object); found != uses_.end() && --found->second == 0) drop_object(object);
    }
  }

  const fs::path& results_;
  std::map<std::string, CachedName> objects_;
  std::map<std::string, std::size_t> uses_;
  std::vector<Held> entries_;
  CacheTrimmed trimmed_;
};

bool is_as_named(const fs::path& results, const CachedName& object) {
  try {
    return detail::open_cached(results, object.place) && sha256_of_file(object.place) == object.name;
  } catch (const Error&) {
    return false;  // what cannot be read is of no use
  }
}

bool has_all(const CacheEntry& entry, const std::map<std::string, std::uint64_t>& sizes) {
  return std::ranges::all_of(entry.files, [&](const detail::CachedFile& file) {
    const auto found = sizes.find(file.sha256);
    return found != sizes.end() && found->second == file.size;
  });
}

}  // namespace

CacheStats cache_stats(const fs::path& cache) {
  const fs::path results = cache / "results";
  CacheStats stats;
  for (const CachedName& object : detail::list_cached(results, "objects")) {
    if (!is_leftover(object)) ++stats.objects;
    stats.bytes += object.size;
  }
  constexpr std::int64_t kNanos = 1'000'000'000;
  for (const CachedName& entry : detail::list_cached(results, "entries")) {
    stats.bytes += entry.size;
    if (is_leftover(entry)) continue;
    ++stats.entries;
    stats.oldest = std::min(stats.oldest.value_or(entry.used / kNanos), entry.used / kNanos);
  }
  return stats;
}

CacheTrimmed trim_cache(const fs::path& cache, std::uint64_t limit, std::stop_token stop) {
  const fs::path results = cache / "results";
  if (!fs::is_directory(results)) return {};
  const CacheLock lock = lock_of(results, detail::Sharing::alone, stop);
  return Trim(results).run(limit, stop);
}

std::optional<CacheTrimmed> trim_cache_if_free(const fs::path& cache, std::uint64_t limit, std::stop_token stop) {
  const fs::path results = cache / "results";
  const auto lock = CacheLock::wait(results, detail::Sharing::alone, std::chrono::milliseconds(0), stop);
  if (!lock) return std::nullopt;
  return Trim(results).run(limit, stop);
}

CacheVerified verify_cache(const fs::path& cache, Damaged damaged, std::stop_token stop) {
  const fs::path results = cache / "results";
  CacheVerified verified;
  if (!fs::is_directory(results)) return verified;
  // Nothing is to be dropped meanwhile; a cache that may not be written to has no lock, and is looked at as it is.
  std::optional<CacheLock> lock;
  if (damaged == Damaged::drop) lock = lock_of(results, detail::Sharing::shared, stop);
  const auto report = [&](const CachedName& name) {
    verified.damaged.push_back(name.place.lexically_relative(results).string());
    if (damaged == Damaged::drop) drop(name.place);
  };
  // Entries are listed first: the objects of those are all there.
  const std::vector<CachedName> entries = detail::list_cached(results, "entries");
  std::map<std::string, std::uint64_t> sizes;
  for (const CachedName& object : detail::list_cached(results, "objects")) {
    if (stop.stop_requested()) throw Cancelled{};
    if (is_leftover(object)) continue;
    ++verified.objects;
    if (is_as_named(results, object)) {
      sizes.emplace(object.name, object.size);
    } else {
      report(object);
    }
  }
  for (const CachedName& name : entries) {
    if (is_leftover(name)) continue;
    ++verified.entries;
    const std::optional<CacheEntry> entry = read_entry(results, name);
    if (entry && has_all(*entry, sizes)) continue;
    if (fs::exists(fs::symlink_status(name.place))) report(name);
  }
  std::ranges::sort(verified.damaged);
  return verified;
}

}  // namespace kmpack
