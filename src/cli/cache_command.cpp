#include <fmt/format.h>

#include <array>
#include <string_view>
#include <vector>

#include "cache/cache_upkeep.hpp"
#include "cli/cache_json.hpp"
#include "cli/commands.hpp"
#include "cli/words.hpp"
#include "headers/shared_files.hpp"
#include "pipeline/choice.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// One's own first, then those of others.
template <class Found, class Look>
std::vector<LookedAt<Found>> look_at_all(const Work& work, const Look& look) {
  std::vector<LookedAt<Found>> caches;
  const fs::path own = cache_directory(work.options.places);
  caches.push_back({.directory = own, .readonly = false, .found = look(own, Damaged::drop)});
  for (const fs::path& other : work.options.places.caches_readonly) {
    const fs::path place = fs::absolute(other);
    caches.push_back({.directory = place, .readonly = true, .found = look(place, Damaged::leave)});
  }
  return caches;
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array kUnits{"bytes", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  auto value = static_cast<double>(bytes);
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", value, kUnits.at(unit));
}

std::string counted(std::size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string place_text(const fs::path& directory, bool readonly) {
  return fmt::format("cache    {}{}\n", printable(directory.string()), readonly ? " (read-only)" : "");
}

/// What was done, or is to be done, about it. Headers are not dropped: kernels that a run may be building for have them.
std::string_view damage_text(std::string_view name, bool readonly) {
  if (name.starts_with("headers/")) return ", in every kernel that has it: remove headers from the cache and fetch them again";
  return readonly ? "" : ", dropped";
}

std::uint64_t standing_limit() { return standing_cache_limit().value_or(kUsualCacheLimit); }

}  // namespace

int run_cache_stats(const Work& work) {
  const std::uint64_t limit = standing_limit();
  const auto caches = look_at_all<CacheStats>(work, [](const fs::path& cache, Damaged) { return cache_stats(cache); });
  if (work.console.json()) {
    work.console.answer(to_json(caches, limit));
    return 0;
  }
  for (const auto& [directory, readonly, stats] : caches) {
    std::string text = place_text(directory, readonly);
    text += fmt::format("results  {}, {}\n", counted(stats.entries, "entry", "entries"), counted(stats.objects, "file", "files"));
    text += fmt::format("size     {}{}\n", size_text(stats.bytes), readonly ? "" : " of " + size_text(limit));
    text += fmt::format("oldest   {}\n", stats.oldest ? "used " + time_text(*stats.oldest) : "none");
    work.console.answer(text);
  }
  return 0;
}

int run_cache_trim(const Work& work) {
  const fs::path cache = cache_directory(work.options.places);
  const std::uint64_t limit = work.options.cache_limit.value_or(standing_limit());
  const CacheTrimmed trimmed = trim_cache(cache, limit, work.stop);
  if (work.console.json()) {
    work.console.answer(to_json(cache, trimmed, limit));
    return 0;
  }
  work.console.answer(fmt::format("dropped {} and {}, {}; {} left\n", counted(trimmed.entries, "result", "results"),
                                  counted(trimmed.objects, "file", "files"), size_text(trimmed.bytes), size_text(trimmed.left)));
  return 0;
}

int run_cache_verify(const Work& work) {
  const auto caches = look_at_all<CacheVerified>(work, [&](const fs::path& cache, Damaged damaged) {
    CacheVerified verified = verify_cache(cache, damaged, work.stop);
    for (const fs::path& header : SharedFiles(cache).damaged(work.stop))
      verified.damaged.push_back(header.lexically_relative(fs::absolute(cache)).string());
    return verified;
  });
  bool sound = true;
  for (const auto& cache : caches) sound = sound && cache.found.damaged.empty();
  if (work.console.json()) {
    work.console.answer(to_json(caches));
  } else {
    for (const auto& [directory, readonly, verified] : caches) {
      std::string text = place_text(directory, readonly);
      text += fmt::format("read     {}, {}\n", counted(verified.entries, "entry", "entries"),
                          counted(verified.objects, "file", "files"));
      for (const std::string& name : verified.damaged)
        text += fmt::format("damaged  {}{}\n", printable(name), damage_text(name, readonly));
      if (verified.damaged.empty()) text += "damaged  none\n";
      work.console.answer(text);
    }
  }
  constexpr int kDamaged = 5;
  return sound ? 0 : kDamaged;
}

}  // namespace kmpack
