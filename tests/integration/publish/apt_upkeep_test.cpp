// What a repository is after runs that failed, changed its key or its clock, or found it altered.
#include "integration/publish/apt_fixture.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class AptUpkeep : public test::AptFixture {
 protected:
  [[nodiscard]] AptRelease release_of(const std::string& suite) const {
    return parse_release(read_file(repository_ / "dists" / suite / "Release"), "Release");
  }
};

TEST_F(AptUpkeep, WhatCannotBeRemovedOfTheOldSuiteDoesNoHarmToTheNewOne) {
  sign();
  publish({deb("tiny")});
  // A directory that something is mounted on cannot be removed.
  const test::SmallDisk disk(dist() / "main/i18n");
  if (!disk.mounted()) return test::without_mounts();
  publish({deb("other")});
  EXPECT_TRUE(fs::exists(pooled("other")));
  publish({deb("third")});
  EXPECT_EQ(update(), "");
  for (const char* const name : {"tiny", "other", "third"}) EXPECT_EQ(client_.download(name), "") << name;
}

TEST_F(AptUpkeep, WhereListsCannotBeLinkedTheyAreCopied) {
  publish({deb("tiny")});
  const fs::path lists = dist() / "main/binary-amd64/by-hash/SHA256";
  const auto before = contents(lists);
  const test::SmallDisk disk(lists);
  if (!disk.mounted()) return test::without_mounts();
  for (const auto& [name, text] : before) write_file(lists / name, text);
  publish({deb("other")});
  for (const auto& [name, text] : before) EXPECT_EQ(read_file(lists / name), text);
}

TEST_F(AptUpkeep, OfSeveralSuitesMovedAsideTheNewestIsPutBackAndNoOtherDirectory) {
  publish({deb("tiny")});
  fs::rename(dist(), repository_ / "dists/.stable.old.9-9");
  publish({deb("other")});
  const fs::path stale = repository_ / "dists/.stable.old.1-0";
  publish({deb("third")});
  fs::copy(dist(), stale, fs::copy_options::recursive);
  write_file(stale / "Release", "Suite: stable\n");
  fs::last_write_time(stale / "Release", fs::last_write_time(dist() / "Release") - std::chrono::hours(1));
  fs::rename(dist(), repository_ / "dists/.stable.old.9-9");
  request_.suite = "debian.old.1";
  publish({deb("tiny")});
  EXPECT_THAT(packages(), HasSubstr("Package: third\n"));
  request_.suite = "stable";
  publish({deb("fourth")});
  EXPECT_TRUE(fs::exists(repository_ / "dists/debian.old.1/Release"));
  EXPECT_FALSE(fs::exists(repository_ / "dists/ebian"));
}

}  // namespace
}  // namespace kmpack
