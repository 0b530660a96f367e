#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;

TEST(Staged, RemovesWhatWasNotPublished) {
  const TempDir place;
  {
    const Staged staged(place.path() / "out/tree");
    make_directories(staged.path() / "inside");
    write_file(staged.path() / "inside/file", "x");
  }
  EXPECT_TRUE(fs::is_empty(place.path() / "out"));
}

TEST(Staged, ReplacesAFile) {
  const TempDir place;
  write_file(place.path() / "file", "old");
  Staged staged(place.path() / "file");
  write_file(staged.path(), "new");
  EXPECT_EQ(read_file(place.path() / "file"), "old");
  staged.publish();
  EXPECT_EQ(read_file(place.path() / "file"), "new");
  EXPECT_EQ(walk(place.path()).size(), 1U);
}

TEST(Staged, ReplacesADirectoryThatHasEntries) {
  const TempDir place;
  write_file(place.path() / "tree/old", "x");
  Staged staged(place.path() / "tree");
  write_file(staged.path() / "new", "y");
  staged.publish();
  EXPECT_FALSE(fs::exists(place.path() / "tree/old"));
  EXPECT_EQ(read_file(place.path() / "tree/new"), "y");
  EXPECT_EQ(walk(place.path()).size(), 2U);
}

TEST(Staged, ReplacesAFileInADirectoryThatALinkLeadsTo) {
  const TempDir place;
  make_directories(place.path() / "real");
  fs::create_directory_symlink("real", place.path() / "link");
  write_file(place.path() / "link/file", "x");
  EXPECT_EQ(read_file(place.path() / "real/file"), "x");
}

TEST(Staged, LiesInTheSameDirectorySoThatTheRenameIsAtomic) {
  const TempDir place;
  const Staged staged(place.path() / "file");
  EXPECT_EQ(staged.path().parent_path(), place.path());
  EXPECT_EQ(staged.path().filename().string().front(), '.');
}

TEST(Staged, ThrowsWhenNothingWasBuilt) {
  const TempDir place;
  Staged staged(place.path() / "file");
  EXPECT_THROW(staged.publish(), Error);
}

TEST(SyncTree, ReachesWhatIsBelowAndDoesNotFollowLinks) {
  const TempDir place;
  write_file(place.path() / "a/b", "x");
  fs::create_symlink("nowhere", place.path() / "a/link");
  sync_tree(place.path());
  EXPECT_THROW(sync_tree(place.path() / "absent"), Error);
}

TEST(Staged, GivesEveryThreadItsOwnPath) {
  const TempDir place;
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < 8; ++i) {
      writers.emplace_back([&, i] { write_file(place.path() / "same", std::string(10'000, static_cast<char>('a' + i))); });
    }
  }
  const std::string content = read_file(place.path() / "same");
  EXPECT_EQ(content, std::string(10'000, content.front()));
  EXPECT_EQ(walk(place.path()).size(), 1U);
}

TEST(TempDir, IsPrivateAndGoesWithItsContent) {
  fs::path gone;
  {
    const TempDir place;
    gone = place.path();
    EXPECT_EQ(fs::status(gone).permissions(), fs::perms{0700});
    write_file(gone / "a/b", "x");
  }
  EXPECT_FALSE(fs::exists(gone));
}

TEST(TempDir, IsMadeBelowTheParentThatIsNamed) {
  const TempDir place;
  const TempDir inner(place.path() / "not/yet/there");
  EXPECT_EQ(inner.path().parent_path(), place.path() / "not/yet/there");
}

}  // namespace
}  // namespace kmpack
