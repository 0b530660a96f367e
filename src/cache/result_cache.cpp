#include "cache/result_cache.hpp"

#include <utility>

namespace kmpack {

ResultCache::ResultCache(std::filesystem::path directory, std::vector<std::filesystem::path> readonly, std::uint64_t limit)
    : directory_(std::move(directory)), readonly_(std::move(readonly)), limit_(limit) {}

}  // namespace kmpack
