#include "cli/cache_json.hpp"

#include <fmt/chrono.h>

#include <chrono>

#include "cli/json_values.hpp"

namespace kmpack {

std::string time_text(std::int64_t seconds) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", std::chrono::sys_seconds(std::chrono::seconds(seconds)));
}

std::string to_json(std::span<const LookedAt<CacheStats>> caches, std::uint64_t limit) {
  Json list = Json::array();
  for (const auto& [directory, readonly, stats] : caches) {
    list.push_back({{"directory", directory.native()},
                    {"readonly", readonly},
                    {"entries", stats.entries},
                    {"objects", stats.objects},
                    {"bytes", stats.bytes},
                    {"limit", readonly ? Json() : Json(limit)},
                    {"oldest", stats.oldest ? Json(time_text(*stats.oldest)) : Json()}});
  }
  return rendered({{"schema", 1}, {"caches", list}});
}

std::string to_json(std::span<const LookedAt<CacheVerified>> caches) {
  Json list = Json::array();
  for (const auto& [directory, readonly, verified] : caches) {
    list.push_back({{"directory", directory.native()},
                    {"readonly", readonly},
                    {"entries", verified.entries},
                    {"objects", verified.objects},
                    {"damaged", verified.damaged}});
  }
  return rendered({{"schema", 1}, {"caches", list}});
}

std::string to_json(const std::filesystem::path& cache, const CacheTrimmed& trimmed, std::uint64_t limit) {
  return rendered({{"schema", 1},
                   {"directory", cache.native()},
                   {"limit", limit},
                   {"dropped", {{"entries", trimmed.entries}, {"objects", trimmed.objects}, {"bytes", trimmed.bytes}}},
                   {"left", trimmed.left}});
}

}  // namespace kmpack
