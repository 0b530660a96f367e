#include "cache/cache_upkeep.hpp"

#include <fcntl.h>

#include "support/some_result.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using test::CacheBench;
using test::key_of;

/// Of use so many hours ago.
void age(const fs::path& entry, int hours) {
  fs::last_write_time(entry, fs::file_time_type::clock::now() - std::chrono::hours(hours));
}

TEST(CacheStats, CountWhatLiesThere) {
  CacheBench bench;
  EXPECT_EQ(cache_stats(bench.home).entries, 0U);
  EXPECT_FALSE(cache_stats(bench.home).oldest);
  bench.keep(bench.cache, "one");
  bench.keep(bench.cache, "two");
  age(bench.entry("one"), 2);
  const CacheStats stats = cache_stats(bench.home);
  EXPECT_EQ(stats.entries, 2U);
  EXPECT_EQ(stats.objects, bench.files("objects").size());
  std::uint64_t bytes = 0;
  for (const char* kind : {"objects", "entries"})
    for (const fs::path& file : bench.files(kind)) bytes += fs::file_size(file);
  EXPECT_EQ(stats.bytes, bytes);
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_NEAR(static_cast<double>(stats.oldest.value()), static_cast<double>(now - 7200), 600);
}

TEST(CacheTrim, DropsWhatWasNotOfUseForLongest) {
  CacheBench bench;
  const std::vector<std::string> names{"oldest", "older", "newer"};
  int hours = 9;
  for (const std::string& name : names) {
    bench.keep(bench.cache, name);
    age(bench.entry(name), hours--);
  }
  // Taking it makes it the newest.
  const auto content = bench.take(bench.cache, "oldest");
  ASSERT_FALSE(content.empty());
  const std::uint64_t all = cache_stats(bench.home).bytes;
  const CacheTrimmed one = trim_cache(bench.home, all - 1, {});
  EXPECT_EQ(one.entries, 1U);
  EXPECT_EQ(one.left, cache_stats(bench.home).bytes);
  EXPECT_EQ(one.bytes, all - one.left);
  EXPECT_FALSE(bench.cache.has(key_of("older")));
  EXPECT_EQ(bench.take(bench.cache, "oldest"), content) << "what others need, too, stays";
  EXPECT_FALSE(bench.take(bench.cache, "newer").empty());
  EXPECT_EQ(trim_cache(bench.home, 0, {}).left, 0U);
  EXPECT_TRUE(bench.files("objects").empty());
  EXPECT_TRUE(bench.files("entries").empty());
  EXPECT_TRUE(bench.warnings.empty());
}

TEST(CacheTrim, DropsWhatNoEntryNamesAndWhatKilledRunsLeft) {
  CacheBench bench;
  const auto content = bench.keep(bench.cache, "one");
  bench.keep(bench.cache, "two");
  fs::remove(bench.entry("two"));
  const fs::path left = bench.entry("one").parent_path() / ".half.written";
  write_file(left, "x");
  write_file(bench.files("objects").front().parent_path() / ".half.object", "x");
  write_file(bench.results / "entries/zz" / key_of("damaged"), "no entry");
  const CacheTrimmed trimmed = trim_cache(bench.home, kUsualCacheLimit, {});
  EXPECT_EQ(trimmed.entries, 1U) << "the one that is none";
  EXPECT_FALSE(fs::exists(left));
  EXPECT_EQ(bench.files("entries").size(), 1U);
  EXPECT_EQ(bench.take(bench.cache, "one"), content);
  EXPECT_EQ(trim_cache(bench.home, kUsualCacheLimit, {}).bytes, 0U);
}

TEST(CacheTrim, HappensByItselfWhenResultsGrowOverTheLimit) {
  CacheBench bench;
  bench.keep(bench.cache, "measure");
  const std::uint64_t one = cache_stats(bench.home).bytes;
  ResultCache small(bench.home, {}, 3 * one);
  for (int i = 0; i < 12; ++i) {
    const std::string name = "result " + std::to_string(i);
    bench.keep(small, name);
    age(bench.entry(name), 20 - i);
    EXPECT_LE(cache_stats(bench.home).bytes, 3 * one);
  }
  EXPECT_TRUE(small.has(key_of("result 11")));
  EXPECT_FALSE(small.has(key_of("result 0")));
}

TEST(CacheTrim, IsLeftToTheNextWhenOthersAreKeeping) {
  CacheBench bench;
  bench.keep(bench.cache, "measure");
  ResultCache small(bench.home, {}, cache_stats(bench.home).bytes + 1);
  {
    const auto other = detail::CacheLock::wait(bench.results, detail::Sharing::shared, {}, {});
    ASSERT_TRUE(other);
    bench.keep(small, "one");
    EXPECT_TRUE(small.has(key_of("measure"))) << "nothing was dropped under the other's feet";
    EXPECT_FALSE(trim_cache_if_free(bench.home, 0, {}));
  }
  bench.keep(small, "two");
  EXPECT_FALSE(small.has(key_of("measure")));
}

TEST(ResultCache, KeepsNothingForAsLongAsAnotherDropsResults) {
  CacheBench bench;
  bench.keep(bench.cache, "one");
  const auto other = detail::CacheLock::wait(bench.results, detail::Sharing::alone, {}, {});
  ASSERT_TRUE(other);
  std::stop_source stop;
  stop.request_stop();
  const TempDir work;
  const BuildResult result = test::some_result(work.path(), "two");
  EXPECT_FALSE(bench.cache.keep(key_of("two"), result, test::kSomeSources, stop.get_token()));
  EXPECT_FALSE(bench.cache.keep(key_of("two"), result, test::kSomeSources));
  EXPECT_FALSE(bench.cache.has(key_of("two")));
  EXPECT_FALSE(bench.take(bench.cache, "one").empty());
}

/// Reading a directory fails as reading a bad block does.
TEST(CacheLayout, ReadsNothingOfWhatCannotBeRead) {
  const TempDir place;
  const Descriptor unreadable(::open(place.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_TRUE(unreadable);
  EXPECT_EQ(detail::read_up_to(unreadable, 7), "");
}

TEST(CacheTrim, OfNoCacheMakesNone) {
  const TempDir place;
  EXPECT_EQ(trim_cache(place.path() / "none", 0, {}).left, 0U);
  EXPECT_FALSE(fs::exists(place.path() / "none"));
  EXPECT_EQ(verify_cache(place.path() / "none", Damaged::drop, {}).entries, 0U);
  EXPECT_FALSE(fs::exists(place.path() / "none"));
}

TEST(CacheVerify, FindsAllThatIsDamagedAndDropsIt) {
  CacheBench bench;
  const auto content = bench.keep(bench.cache, "sound");
  bench.keep(bench.cache, "object");
  bench.keep(bench.cache, "entry");
  EXPECT_TRUE(verify_cache(bench.home, Damaged::drop, {}).damaged.empty());
  const TempDir work;
  const auto damaged = test::content_of(test::some_result(work.path(), "object"));
  const fs::path object = detail::object_place(bench.results, sha256_of(damaged.at("symvers")));
  fs::permissions(object, fs::perms::owner_write, fs::perm_options::add);
  std::ofstream(object, std::ios::in | std::ios::out) << "X";
  std::ofstream(bench.entry("entry"), std::ios::app) << " ";
  const std::vector<std::string> expected{bench.entry("entry").lexically_relative(bench.results).string(),
                                          bench.entry("object").lexically_relative(bench.results).string(),
                                          object.lexically_relative(bench.results).string()};
  auto found = verify_cache(bench.home, Damaged::leave, {}).damaged;
  EXPECT_TRUE(std::is_permutation(found.begin(), found.end(), expected.begin(), expected.end()));
  EXPECT_TRUE(fs::exists(object));
  const CacheVerified verified = verify_cache(bench.home, Damaged::drop, {});
  EXPECT_EQ(verified.damaged, found);
  EXPECT_EQ(verified.entries, 3U);
  EXPECT_TRUE(verify_cache(bench.home, Damaged::drop, {}).damaged.empty());
  EXPECT_EQ(bench.take(bench.cache, "sound"), content);
  EXPECT_TRUE(bench.warnings.empty());
}

TEST(CacheUpkeep, StopsWhenAsked) {
  CacheBench bench;
  bench.keep(bench.cache, "one");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(trim_cache(bench.home, 0, stop.get_token()), Cancelled);
  EXPECT_THROW(verify_cache(bench.home, Damaged::drop, stop.get_token()), Cancelled);
  EXPECT_TRUE(bench.cache.has(key_of("one")));
}

}  // namespace
}  // namespace kmpack
