#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

std::vector<std::string> names(const std::vector<TreeEntry>& entries) {
  std::vector<std::string> found;
  for (const TreeEntry& entry : entries) found.push_back(entry.relative.string());
  return found;
}

TEST(Walk, ListsEveryEntryInOneOrder) {
  const TempDir place;
  for (const char* name : {"b", "a/z", "a/b/c", "B", "a-b"}) write_file(place.path() / name, "");
  EXPECT_THAT(names(walk(place.path())), ElementsAre("B", "a", "a/b", "a/b/c", "a/z", "a-b", "b"));
}

TEST(Walk, DoesNotFollowLinks) {
  const TempDir place;
  write_file(place.path() / "real/file", "");
  fs::create_symlink("real", place.path() / "to-directory");
  fs::create_symlink("/", place.path() / "to-root");
  fs::create_symlink(".", place.path() / "to-self");
  const auto found = walk(place.path());
  EXPECT_THAT(names(found), ElementsAre("real", "real/file", "to-directory", "to-root", "to-self"));
  EXPECT_EQ(found[2].type, EntryType::symlink);
}

TEST(Walk, LeavesOutWhatIsSkippedWithAllBelow) {
  const TempDir place;
  for (const char* name : {".git/config", "src/a.c", "src/a.o"}) write_file(place.path() / name, "");
  const auto found =
      walk(place.path(), [](const TreeEntry& entry) { return entry.relative == ".git" || entry.relative.extension() == ".o"; });
  EXPECT_THAT(names(found), ElementsAre("src", "src/a.c"));
}

TEST(Walk, SaysThatTheRootIsMissing) {
  const TempDir place;
  EXPECT_THROW(walk(place.path() / "absent"), Error);
}

TEST(CopyTree, CopiesFilesModesAndLinksAsLinks) {
  const TempDir place;
  const fs::path from = place.path() / "from";
  write_file(from / "bin/run", "#!/bin/sh\n", fs::perms{0755});
  write_file(from / "data", "x");
  fs::create_symlink("../outside", from / "dangling");
  fs::create_directory(from / "empty");
  copy_tree(from, place.path() / "to");
  EXPECT_EQ(names(walk(place.path() / "to")), names(walk(from)));
  EXPECT_EQ(fs::status(place.path() / "to/bin/run").permissions(), fs::perms{0755});
  EXPECT_EQ(fs::read_symlink(place.path() / "to/dangling"), "../outside");
}

TEST(CopyTree, GivesACopyThatDoesNotShareItsBytes) {
  const TempDir place;
  write_file(place.path() / "from/f", "before");
  copy_tree(place.path() / "from", place.path() / "to");
  write_file(place.path() / "to/f", "after");
  EXPECT_EQ(read_file(place.path() / "from/f"), "before");
}

TEST(RemoveTree, RemovesReadOnlyDirectories) {
  const TempDir place;
  const fs::path tree = place.path() / "tree";
  write_file(tree / "a/b/file", "x", fs::perms{0444});
  fs::permissions(tree / "a/b", fs::perms{0555});
  fs::permissions(tree / "a", fs::perms{0555});
  remove_tree(tree);
  EXPECT_FALSE(fs::exists(tree));
}

TEST(RemoveTree, DoesNotFollowLinks) {
  const TempDir place;
  write_file(place.path() / "keep/file", "x");
  fs::create_directory(place.path() / "tree");
  fs::create_directory_symlink(place.path() / "keep", place.path() / "tree/link");
  remove_tree(place.path() / "tree");
  EXPECT_TRUE(fs::exists(place.path() / "keep/file"));
  fs::create_directory_symlink(place.path() / "keep", place.path() / "link");
  remove_tree(place.path() / "link");
  EXPECT_TRUE(fs::exists(place.path() / "keep/file"));
}

TEST(RemoveTree, TakesAnAbsentTreeAsDone) {
  const TempDir place;
  EXPECT_NO_THROW(remove_tree(place.path() / "absent"));
}

}  // namespace
}  // namespace kmpack
