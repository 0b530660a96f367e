#include "cache/result_cache.hpp"

#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "support/some_result.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using test::CacheBench;
using test::key_of;
using test::some_result;

/// Without sync and rename: what a disk does to a file, not what a program does.
void overwrite(const fs::path& file, const std::string& bytes) {
  fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

TEST(ResultCache, GivesBackWhatWasKept) {
  CacheBench bench;
  const TempDir work;
  BuildResult result = some_result(work.path() / "built", "one");
  result.modules.front().strip = Strip::no;
  result.warnings.push_back(
      {.severity = Severity::warning, .code = "module-unnamed", .message = "x.ko", .where = SourceSpan{"m"}});
  ASSERT_FALSE(bench.cache.keep(key_of("one"), result, test::kSomeSources));
  EXPECT_TRUE(bench.cache.has(key_of("one")));
  const auto taken = bench.cache.take(key_of("one"), work.path() / "into", bench.warnings, {});
  ASSERT_TRUE(taken);
  EXPECT_EQ(test::content_of(*taken), test::content_of(result));
  EXPECT_EQ(taken->modules.at(0).facts.vermagic, result.modules.at(0).facts.vermagic);
  EXPECT_EQ(taken->modules.at(0).strip, Strip::no);
  EXPECT_EQ(taken->modules.at(1).strip, Strip::yes);
  EXPECT_TRUE(taken->modules.at(0).debug.empty());
  EXPECT_EQ(taken->modules.at(1).file.filename(), "second.ko");
  EXPECT_EQ(taken->wall, result.wall);
  EXPECT_EQ(taken->warnings.at(0).message, "x.ko");
  EXPECT_EQ(taken->warnings.at(0).where.value().file, "") << "where a manifest lay is nobody's business";
  EXPECT_FALSE(fs::exists(taken->source / "never-packed.o"));
  EXPECT_NE(fs::status(taken->source / "main.c").permissions() & fs::perms::owner_exec, fs::perms::none);
  EXPECT_TRUE(bench.warnings.empty());
}

TEST(ResultCache, HasNothingUnderAnotherKey) {
  CacheBench bench;
  bench.keep(bench.cache, "one");
  EXPECT_FALSE(bench.cache.has(key_of("two")));
  EXPECT_TRUE(bench.take(bench.cache, "two").empty());
  EXPECT_TRUE(bench.warnings.empty()) << "that is nothing to be told of";
}

TEST(ResultCache, KeepsWhatResultsHaveAlikeOnce) {
  CacheBench bench;
  bench.keep(bench.cache, "one");
  const std::size_t objects = bench.files("objects").size();
  bench.keep(bench.cache, "one");
  EXPECT_EQ(bench.files("objects").size(), objects);
  bench.keep(bench.cache, "two");
  // License and main.c are the same file to both.
  EXPECT_EQ(bench.files("objects").size(), 2 * objects - 2);
}

TEST(ResultCache, FollowsADocumentThatIsALinkButNotOutOfTheSources) {
  CacheBench bench;
  const TempDir work;
  const BuildResult result = some_result(work.path() / "built", "one");
  write_file(work.path() / "secret", "secret");
  fs::create_symlink("docs/usage.txt", result.source / "README");
  fs::create_symlink("../../secret", result.source / "LEAK");
  const std::vector<fs::path> sources{"README", "LEAK", "absent", "docs", "../../secret"};
  ASSERT_FALSE(bench.cache.keep(key_of("one"), result, sources));
  const auto taken = bench.cache.take(key_of("one"), work.path() / "into", bench.warnings, {});
  ASSERT_TRUE(taken);
  EXPECT_EQ(read_file(taken->source / "README"), read_file(result.source / "docs/usage.txt"));
  EXPECT_EQ(walk(taken->source).size(), 1U);
}

/// Every file of the cache, one after the other, is damaged by `damage`: the result is never used, and is kept anew.
void expect_recovery(const char* what, bool told, const std::function<void(const fs::path&)>& damage) {
  CacheBench bench;
  const auto content = bench.keep(bench.cache, "one");
  std::vector<fs::path> files = bench.files("objects");
  files.push_back(bench.entry("one"));
  for (const fs::path& file : files) {
    bench.warnings.clear();
    damage(file);
    EXPECT_TRUE(bench.take(bench.cache, "one").empty()) << what << " " << file;
    EXPECT_FALSE(bench.cache.has(key_of("one"))) << what << " " << file;
    EXPECT_EQ(bench.warnings.size(), told ? 1U : 0U) << what << " " << file;
    for (const Diagnostic& warning : bench.warnings) EXPECT_EQ(warning.code, "cache-entry-damaged");
    EXPECT_EQ(bench.keep(bench.cache, "one"), content);
    EXPECT_EQ(bench.take(bench.cache, "one"), content) << what << " " << file;
  }
}

TEST(ResultCache, DropsWhatIsDamagedAndTakesItAnew) {
  expect_recovery("first byte", true, [](const fs::path& file) {
    std::string bytes = read_file(file);
    bytes.front() = static_cast<char>(bytes.front() ^ 1);
    overwrite(file, bytes);
  });
  expect_recovery("last byte", true, [](const fs::path& file) {
    std::string bytes = read_file(file);
    bytes.back() = static_cast<char>(bytes.back() ^ 0x40);
    overwrite(file, bytes);
  });
  expect_recovery("cut", true, [](const fs::path& file) { overwrite(file, read_file(file).substr(0, 3)); });
  expect_recovery("emptied", true, [](const fs::path& file) { overwrite(file, ""); });
  expect_recovery("longer", true, [](const fs::path& file) { overwrite(file, read_file(file) + "x"); });
  expect_recovery("missing", false, [](const fs::path& file) { fs::remove(file); });
}

TEST(ResultCache, DoesNotTakeOneObjectForAnother) {
  CacheBench bench;
  const auto content = bench.keep(bench.cache, "one");
  const auto others = bench.keep(bench.cache, "two");
  // Modules of the same size, each a sound one for the same kernel.
  ASSERT_EQ(content.at("module first").size(), others.at("module first").size());
  const fs::path mine = detail::object_place(bench.results, sha256_of(content.at("module first")));
  const fs::path other = detail::object_place(bench.results, sha256_of(others.at("module first")));
  const std::string bytes = read_file(mine);
  overwrite(mine, read_file(other));
  overwrite(other, bytes);
  EXPECT_TRUE(bench.take(bench.cache, "one").empty());
  EXPECT_EQ(bench.warnings.size(), 1U);
  // An entry under the name of another's key.
  bench.keep(bench.cache, "one");
  overwrite(bench.entry("one"), read_file(bench.entry("two")));
  EXPECT_TRUE(bench.take(bench.cache, "one").empty());
  EXPECT_EQ(bench.keep(bench.cache, "one"), content);
}

TEST(ResultCache, ReadsRegularFilesOnlyAndFollowsNoLinkOfTheirs) {
  CacheBench bench;
  const auto content = bench.keep(bench.cache, "one");
  const fs::path object = detail::object_place(bench.results, sha256_of(content.at("module first")));
  const fs::path aside = bench.directory.path() / "aside";
  fs::rename(object, aside);
  fs::create_symlink(aside, object);
  EXPECT_TRUE(bench.take(bench.cache, "one").empty()) << "a link to the very file";
  EXPECT_EQ(bench.keep(bench.cache, "one"), content);
  fs::remove(object);
  ASSERT_EQ(::mkfifo(object.c_str(), 0600), 0);
  EXPECT_TRUE(bench.take(bench.cache, "one").empty()) << "nobody waits for a pipe's other end";
  EXPECT_EQ(bench.keep(bench.cache, "one"), content);
  const fs::path half = object.parent_path();
  fs::rename(half, bench.directory.path() / "half");
  fs::create_directory_symlink(bench.directory.path() / "half", half);
  EXPECT_TRUE(bench.take(bench.cache, "one").empty()) << "a link on the way";
}

TEST(ResultCache, BelievesNoEntryWhoseModuleIsNone) {
  CacheBench bench;
  const TempDir work;
  BuildResult result = some_result(work.path() / "built", "one");
  write_file(result.modules.front().file, "not a module, though it has the digest that the entry says");
  ASSERT_FALSE(bench.cache.keep(key_of("one"), result, test::kSomeSources));
  EXPECT_TRUE(bench.take(bench.cache, "one").empty());
  EXPECT_EQ(bench.warnings.size(), 1U);
}

TEST(ResultCache, SaysOnceThatItCannotBeWrittenTo) {
  const TempDir place;
  write_file(place.path() / "cache/results", "in the way");
  ResultCache cache(place.path() / "cache", {});
  const BuildResult result = some_result(place.path() / "built", "one");
  const auto problem = cache.keep(key_of("one"), result, test::kSomeSources);
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->code, "cache-unwritable");
  EXPECT_EQ(problem->severity, Severity::warning);
  EXPECT_FALSE(cache.keep(key_of("two"), result, test::kSomeSources)) << "33 kernels need not say it 33 times";
  EXPECT_FALSE(cache.has(key_of("one")));
}

TEST(ResultCache, KeepsNothingWithoutADirectoryOrWithALimitOfNothing) {
  CacheBench bench;
  ResultCache nowhere({}, {});
  ResultCache nothing(bench.home, {}, 0);
  for (ResultCache* cache : {&nowhere, &nothing}) {
    bench.keep(*cache, "one");
    EXPECT_FALSE(cache->has(key_of("one")));
    EXPECT_TRUE(bench.take(*cache, "one").empty());
  }
  EXPECT_FALSE(fs::exists(bench.home));
}

TEST(ResultCache, StopsWhenAsked) {
  CacheBench bench;
  bench.keep(bench.cache, "one");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(bench.cache.take(key_of("one"), bench.directory.path() / "into", bench.warnings, stop.get_token()), Cancelled);
  EXPECT_TRUE(bench.cache.has(key_of("one"))) << "a stop is no damage";
}

TEST(ResultCache, StaysRightWhileManyKeepTakeAndTrim) {
  constexpr int kThreads = 6;
  constexpr int kRounds = 15;
  CacheBench bench;
  std::vector<std::map<std::string, std::string>> expected;
  for (const char* name : {"a", "b", "c"}) expected.push_back(bench.keep(bench.cache, name));
  std::atomic<int> wrong = 0;
  std::atomic<int> taken = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      ResultCache cache(bench.home, {}, 30'000);
      std::vector<Diagnostic> warnings;
      for (int round = 0; round < kRounds; ++round) {
        const auto which = static_cast<std::size_t>(thread + round) % expected.size();
        const std::string name(1, static_cast<char>('a' + which));
        const TempDir work(bench.directory.path());
        if (thread == 0) trim_cache(bench.home, 8'000, {});
        if (const auto result = cache.take(key_of(name), work.path() / "into", warnings, {})) {
          ++taken;
          if (test::content_of(*result) != expected[which]) ++wrong;
        } else if (cache.keep(key_of(name), some_result(work.path() / "built", name), test::kSomeSources)) {
          ++wrong;
        }
      }
      if (!warnings.empty()) ++wrong;
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(taken, 0);
}

}  // namespace
}  // namespace kmpack
