// What a repository is after runs that failed, changed its key or its clock, or found it altered.
#include <sys/stat.h>

#include "integration/publish/apt_fixture.hpp"
#include "wrap/compress.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;
using testing::Not;

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
  request_.suite = "debian.old.1";
  publish({deb("tiny")});
  request_.suite = "stable";
  fs::copy(dist(), place_.path() / "stale", fs::copy_options::recursive);
  publish({deb("other")});
  fs::rename(dist(), repository_ / "dists/.stable.old.5-0");
  for (const char* const name : {".stable.old.1-0", ".stable.old.9-0"}) {
    const fs::path stale = repository_ / "dists" / name;
    fs::copy(place_.path() / "stale", stale, fs::copy_options::recursive);
    fs::last_write_time(stale / "Release", fs::last_write_time(stale / "Release") - std::chrono::hours(1));
  }
  publish({deb("third")});
  for (const char* const name : {"tiny", "other", "third"})
    EXPECT_THAT(packages(), HasSubstr(std::string("Package: ") + name + "\n"));
  EXPECT_TRUE(fs::exists(repository_ / "dists/debian.old.1/Release"));
}

TEST_F(AptUpkeep, NameAndAddressThatAreNotGivenAgainStay) {
  request_.common.name = "ours:one";
  request_.common.url = "https://example.org/deb";
  publish({deb("tiny")});
  request_.common.name.clear();
  request_.common.url.clear();
  publish({deb("other")});
  request_.suite = "testing";
  const PublishedRepository made = publish({deb("third")});
  EXPECT_EQ(made.url, "https://example.org/deb");
  EXPECT_EQ(release_of("stable").label, "ours:one");
  EXPECT_EQ(release_of("testing").label, "ours:one");
  std::vector<std::string> names;
  for (const fs::path& file : made.client_files) {
    names.push_back(file.filename());
    EXPECT_THAT(read_file(file), HasSubstr("URIs: https://example.org/deb\n")) << file;
  }
  EXPECT_THAT(names, testing::ElementsAre("ours-one-stable.sources", "ours-one-testing.sources"));
}

TEST_F(AptUpkeep, AnAddressOfADirectoryFollowsIt) {
  publish({deb("tiny")});
  fs::rename(repository_, place_.path() / "moved");
  request_.common.directory = repository_ = place_.path() / "moved";
  publish({deb("other")});
  EXPECT_EQ(update(), "");
}

TEST_F(AptUpkeep, ANewKeySignsEverySuite) {
  const auto is_whole = [&](const std::string& suite) {
    client_.know(repository_ / ("site-" + suite + ".sources"));
    return client_.update();
  };
  publish({deb("tiny")});
  request_.suite = "testing";
  publish({deb("other")});
  sign();
  request_.now += 1;
  publish({deb("third")});
  for (const char* const suite : {"stable", "testing"}) {
    EXPECT_TRUE(fs::exists(repository_ / "dists" / suite / "InRelease")) << suite;
    EXPECT_EQ(is_whole(suite), "") << suite;
  }
  home_->add_key("New Packages <new@example.org>");
  sign("new@example.org");
  request_.now += 1;
  publish({deb("fourth")});
  for (const char* const suite : {"stable", "testing"}) EXPECT_EQ(is_whole(suite), "") << suite;
}

TEST_F(AptUpkeep, WhatSomebodyPutBesideTheSignedTextIsNotSigned) {
  sign();
  publish({deb("tiny")});
  const fs::path good = repository_;
  const auto key = request_.common.key;
  request_.common.directory = place_.path() / "evil";
  request_.common.key.reset();
  publish({deb("tiny"), deb("evil")});
  for (const TreeEntry& entry : walk(place_.path() / "evil")) {
    // As somebody does it who leaves what the signed text names.
    if (entry.type != EntryType::file || entry.relative.extension() == ".sources") continue;
    make_directories((good / entry.relative).parent_path());
    fs::remove(good / entry.relative);
    fs::copy_file(place_.path() / "evil" / entry.relative, good / entry.relative);
  }
  request_.common.directory = good;
  request_.common.key = key;
  request_.now += 1;
  publish({deb("other")});
  EXPECT_THAT(packages(), testing::AllOf(HasSubstr("Package: other\n"), Not(HasSubstr("Package: evil\n"))));
  EXPECT_EQ(update(), "");
}

TEST_F(AptUpkeep, WhoseSignatureDoesNotHoldIsNotSigned) {
  sign();
  publish({deb("tiny")});
  const std::string good = read_file(dist() / "InRelease");
  const auto put = [&](const std::string& text) { write_file(dist() / "InRelease", text); };
  std::string altered = good;
  put(altered.replace(altered.find("Label: site"), 11, "Label: evil"));
  EXPECT_EQ(failure({deb("other")}), "repository-untrusted") << "altered";
  put(good + good);
  EXPECT_EQ(failure({deb("other")}), "repository-untrusted") << "two texts";
  put(read_file(dist() / "Release"));
  EXPECT_EQ(failure({deb("other")}), "repository-untrusted") << "no signature";
  put(good);
  EXPECT_FALSE(fs::exists(pooled("other")));
  fs::remove(dist() / "InRelease");
  std::string release = read_file(dist() / "Release");
  write_file(dist() / "Release", release.replace(release.find("Label: site"), 11, "Label: evil"));
  EXPECT_EQ(failure({deb("other")}), "repository-untrusted") << "Release.gpg";
  const auto key = request_.common.key;
  request_.common.key.reset();
  EXPECT_EQ(failure({deb("other")}), "repository-signed") << "Release.gpg";
  request_.common.key = key;
  put(good);
  publish({deb("other")});
  EXPECT_EQ(update(), "");
}

TEST_F(AptUpkeep, OfAKeyThatIsNotKnownNothingIsSigned) {
  sign();
  publish({deb("tiny")});
  home_->add_key("New Packages <new@example.org>");
  ASSERT_TRUE(home_->gpg({"--yes", "--delete-secret-and-public-key", request_.common.key->fingerprint}).ok());
  sign("new@example.org");
  EXPECT_EQ(failure({deb("other")}), "repository-untrusted");
}

TEST_F(AptUpkeep, APackageGivenAgainPutsADamagedFileRight) {
  publish({deb("tiny"), deb("other")});
  alter(pooled("tiny"));
  publish({deb("tiny")});
  EXPECT_EQ(read_file(pooled("tiny")), read_file(deb("tiny")));
  fs::resize_file(pooled("tiny"), 10);
  publish({deb("tiny")});
  EXPECT_EQ(read_file(pooled("tiny")), read_file(deb("tiny")));
}

TEST_F(AptUpkeep, ListsThatHaveExpiredAreNotPublished) {
  request_.valid_days = 7;
  request_.clock = test::kThen + 8 * 24 * 3600;
  EXPECT_EQ(failure({deb("tiny")}), "repository-expired");
  EXPECT_FALSE(fs::exists(repository_ / "dists"));
  EXPECT_FALSE(fs::exists(pooled("tiny")));
  request_.valid_days = 9;
  publish({deb("tiny")});
  EXPECT_EQ(release().valid_until, test::kThen + 9 * 24 * 3600);
}

TEST_F(AptUpkeep, ADateAheadOfTheClockIsTakenBack) {
  request_.now += 3 * 24 * 3600;
  publish({deb("tiny")});
  EXPECT_EQ(release().date, test::kThen + 3 * 24 * 3600);
  request_.now = test::kThen + 10;
  publish({});
  EXPECT_EQ(release().date, test::kThen + 10);
}

TEST_F(AptUpkeep, EverybodyMayReadWhateverTheUmask) {
  sign();
  const mode_t before = ::umask(077);
  publish({deb("tiny")});
  ::umask(before);
  for (const TreeEntry& entry : walk(repository_)) {
    if (entry.relative == ".kmpack-lock" || entry.relative.string().find(".previous") != std::string::npos) continue;
    const unsigned mode = static_cast<unsigned>(fs::status(repository_ / entry.relative).permissions());
    EXPECT_EQ(mode, entry.type == EntryType::directory ? 0755U : 0644U) << entry.relative;
  }
  EXPECT_EQ(fs::status(repository_).permissions(), fs::perms{0755});
}

TEST_F(AptUpkeep, ASectionThatIsNoneStandsInNoContents) {
  for (const auto& [name, section] : std::map<std::string, std::string>{
           {"blank", "ker nel"}, {"line", "kernel\n evil/path"}, {"comma", "a,b"}, {"good", "non-free/kernel"}}) {
    test::HandmadeDeb made;
    made.name = name;
    made.depends = "libc6\nSection: " + section;
    made.add("/usr/share/" + name, "x");
    publish({write(made)});
  }
  const std::string lines = decompressed(read_file(dist() / "main/Contents-amd64.xz"));
  EXPECT_EQ(lines, "usr/share/blank blank\nusr/share/comma comma\nusr/share/good non-free/kernel/good\nusr/share/line line\n");
}

TEST_F(AptUpkeep, ALinkAmongSuitesIsNoneOfItsOwn) {
  publish({deb("tiny")});
  fs::create_directory_symlink("stable", repository_ / "dists/bookworm");
  publish({deb("other")});
  EXPECT_FALSE(fs::exists(repository_ / "site-bookworm.sources"));
  request_.suite = "bookworm";
  EXPECT_EQ(failure({deb("third")}), "repository-suite-invalid");
  EXPECT_TRUE(fs::is_symlink(repository_ / "dists/bookworm"));
}

TEST_F(AptUpkeep, LinksToPackagesInADirectoryAreFollowed) {
  const fs::path links = place_.path() / "links";
  make_directories(links);
  fs::create_symlink(deb("tiny"), links / "tiny.deb");
  fs::create_symlink("nowhere", links / "broken.deb");
  fs::create_directory_symlink(deb("other").parent_path(), links / "folder.deb");
  publish({links});
  EXPECT_EQ(read_file(pooled("tiny")), read_file(deb("tiny")));
  EXPECT_FALSE(fs::is_symlink(pooled("tiny")));
}

}  // namespace
}  // namespace kmpack
