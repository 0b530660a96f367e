#include "support/some_result.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using test::CacheBench;
using test::key_of;

/// Names, contents and times of all that lies there.
std::map<std::string, std::string> state_of(const fs::path& cache) {
  std::map<std::string, std::string> state;
  for (const TreeEntry& entry : walk(cache)) {
    const fs::path file = cache / entry.relative;
    const auto time = std::to_string(fs::last_write_time(file).time_since_epoch().count());
    state[entry.relative.string()] = time + (entry.type == EntryType::file ? read_file(file) : "");
  }
  return state;
}

TEST(ReadOnlyCache, IsTakenFromAndCopiedButNeverTouched) {
  CacheBench theirs;
  CacheBench ours;
  const auto content = theirs.keep(theirs.cache, "one");
  const auto before = state_of(theirs.home);
  ResultCache cache(ours.home, {theirs.home});
  EXPECT_TRUE(cache.has(key_of("one")));
  EXPECT_FALSE(ours.cache.has(key_of("one")));
  EXPECT_EQ(ours.take(cache, "one"), content);
  EXPECT_TRUE(ours.warnings.empty());
  EXPECT_EQ(state_of(theirs.home), before);
  EXPECT_EQ(ours.take(ours.cache, "one"), content) << "ours without theirs";
  EXPECT_EQ(read_file(ours.entry("one")), read_file(theirs.entry("one")));
}

TEST(ReadOnlyCache, ServesWithoutOneOfOnesOwn) {
  CacheBench theirs;
  const auto content = theirs.keep(theirs.cache, "one");
  ResultCache cache({}, {theirs.home});
  EXPECT_EQ(theirs.take(cache, "one"), content);
}

TEST(ReadOnlyCache, IsNotMendedWhenItIsDamaged) {
  CacheBench theirs;
  CacheBench ours;
  theirs.keep(theirs.cache, "one");
  for (const fs::path& object : theirs.files("objects")) {
    fs::permissions(object, fs::perms::owner_write, fs::perm_options::add);
    std::ofstream(object, std::ios::app) << "x";
  }
  const auto before = state_of(theirs.home);
  ResultCache cache(ours.home, {theirs.home});
  EXPECT_TRUE(ours.take(cache, "one").empty());
  ASSERT_EQ(ours.warnings.size(), 1U);
  EXPECT_NE(ours.warnings.front().message.find(theirs.results.string()), std::string::npos);
  EXPECT_EQ(state_of(theirs.home), before);
  EXPECT_EQ(verify_cache(theirs.home, Damaged::leave, {}).damaged.size(), theirs.files("objects").size() + 1);
  EXPECT_EQ(state_of(theirs.home), before) << "not even a lock";
}

TEST(ReadOnlyCache, ComesAfterOnesOwnAndInOrder) {
  CacheBench first;
  CacheBench second;
  CacheBench ours;
  const auto content = first.keep(first.cache, "one");
  const TempDir work;
  BuildResult other = test::some_result(work.path(), "other");
  ASSERT_FALSE(second.cache.keep(key_of("one"), other, test::kSomeSources));
  ResultCache cache(ours.home, {first.home, second.home});
  EXPECT_EQ(ours.take(cache, "one"), content);
}

}  // namespace
}  // namespace kmpack
