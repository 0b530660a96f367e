#include "cache/cache_entry.hpp"

#include <gtest/gtest.h>

#include "wrap/digest.hpp"

namespace kmpack::detail {
namespace {

const std::string kKey(64, 'a');
const std::string kObject(64, 'b');

CacheEntry some_entry() {
  CacheEntry entry;
  for (const char* place : {"modules/first.ko", "Module.symvers", "build.log", "source/docs/usage.txt"})
    entry.files.push_back({.place = place, .sha256 = kObject, .size = 7});
  entry.modules.push_back({.name = ModuleName("first"), .vermagic = "6.1.0-0-test SMP"});
  entry.warnings.push_back({.severity = Severity::warning, .code = "module-unnamed", .message = "one more", .notes = {"a note"}});
  return entry;
}

bool is_read(const CacheEntry& entry) { return parse_entry(render_entry(kKey, entry), kKey).has_value(); }

TEST(CacheEntry, IsReadAsItWasWritten) {
  CacheEntry entry = some_entry();
  entry.modules.front().installed = "renamed";
  entry.modules.front().strip = Strip::no;
  entry.files.front().place = "modules/renamed.ko";
  entry.files.front().program = true;
  entry.wall = std::chrono::milliseconds(17);
  entry.warnings.front().where.emplace();
  entry.warnings.front().hint = "do this";
  const auto read = parse_entry(render_entry(kKey, entry), kKey);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->files.size(), 4U);
  EXPECT_EQ(read->files.front().place, "modules/renamed.ko");
  EXPECT_EQ(read->files.front().sha256, kObject);
  EXPECT_EQ(read->files.front().size, 7U);
  EXPECT_TRUE(read->files.front().program);
  EXPECT_EQ(read->modules.front().installed, "renamed");
  EXPECT_EQ(read->modules.front().strip, Strip::no);
  EXPECT_EQ(read->modules.front().vermagic, "6.1.0-0-test SMP");
  EXPECT_EQ(read->wall.count(), 17);
  EXPECT_EQ(read->warnings.front().code, "module-unnamed");
  EXPECT_EQ(read->warnings.front().notes, std::vector<std::string>{"a note"});
  EXPECT_EQ(read->warnings.front().hint, "do this");
  EXPECT_TRUE(read->warnings.front().where.has_value());
}

TEST(CacheEntry, IsNothingWhenAnyOfItsBytesIsAnother) {
  const std::string whole = render_entry(kKey, some_entry());
  ASSERT_TRUE(parse_entry(whole, kKey));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    EXPECT_FALSE(parse_entry(flipped, kKey)) << at;
    EXPECT_FALSE(parse_entry(whole.substr(0, at), kKey)) << at;
  }
  EXPECT_FALSE(parse_entry(whole + "x", kKey));
  EXPECT_FALSE(parse_entry(whole, std::string(64, 'c'))) << "it is of another key";
}

TEST(CacheEntry, LeadsNowhereElse) {
  ASSERT_TRUE(is_read(some_entry()));
  for (const std::string& place :
       {std::string("../escape"), std::string("/etc/passwd"), std::string("source/../../escape"), std::string(), std::string("."),
        std::string("source/./x"), std::string("source"), std::string("source/x/"), "source/" + std::string(256, 'n'),
        "source/" + std::string(kLongestPlace / 2, '/') + std::string(kLongestPlace / 2, 'n')}) {
    CacheEntry entry = some_entry();
    entry.files.push_back({.place = place, .sha256 = kObject, .size = 7});
    EXPECT_FALSE(is_read(entry)) << place;
  }
  for (const char* name : {"../escape", "a/b", "..", ""}) {
    CacheEntry entry = some_entry();
    entry.modules.front().name = ModuleName(name);
    entry.files.front().place = entry.modules.front().file();
    EXPECT_FALSE(is_read(entry)) << name;
    entry = some_entry();
    entry.modules.front().installed = *name == '\0' ? "x/y" : name;
    entry.files.front().place = entry.modules.front().file();
    EXPECT_FALSE(is_read(entry)) << name;
  }
}

TEST(CacheEntry, DoesNotContradictItself) {
  const auto refused = [](const char* why, auto change) {
    CacheEntry entry = some_entry();
    change(entry);
    EXPECT_FALSE(is_read(entry)) << why;
  };
  refused("two files in one place", [](CacheEntry& entry) { entry.files.push_back(entry.files.front()); });
  refused("a file where another needs a directory",
          [](CacheEntry& entry) { entry.files.push_back({.place = "source/docs", .sha256 = kObject, .size = 7}); });
  refused("a module without a file", [](CacheEntry& entry) { entry.files.erase(entry.files.begin()); });
  refused("debug information without a file", [](CacheEntry& entry) { entry.modules.front().debug = true; });
  refused("no log",
          [](CacheEntry& entry) { std::erase_if(entry.files, [](const CachedFile& file) { return file.place == kLog; }); });
  refused("no symbols",
          [](CacheEntry& entry) { std::erase_if(entry.files, [](const CachedFile& file) { return file.place == kSymvers; }); });
  refused("a digest that leads elsewhere", [](CacheEntry& entry) { entry.files.front().sha256 = "../" + std::string(61, 'a'); });
  refused("more than any build makes", [](CacheEntry& entry) { entry.files.front().size = kLargestObject + 1; });
  refused("more than any build makes, all in all", [](CacheEntry& entry) {
    for (const char* place : {"source/1", "source/2", "source/3", "source/4"})
      entry.files.push_back({.place = place, .sha256 = kObject, .size = kLargestObject});
  });
  refused("a message that nobody knows", [](CacheEntry& entry) { entry.warnings.front().code = "made-up"; });
}

TEST(CacheEntry, IsNothingWhenItIsNoJsonOfOurs) {
  for (const char* body : {"", "{}", "[]", "null", "{\"schema\":2}", "{\"schema\":1,\"key\":7}", "{", "\xff\xfe"}) {
    const std::string text = sha256_of(body) + "\n" + body;
    EXPECT_FALSE(parse_entry(text, kKey)) << body;
  }
}

}  // namespace
}  // namespace kmpack::detail
