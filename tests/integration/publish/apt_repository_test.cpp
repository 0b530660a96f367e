#include "base/text.hpp"
#include "integration/publish/apt_fixture.hpp"
#include "publish/apt_contents.hpp"
#include "wrap/compress.hpp"
#include "wrap/digest.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

class AptRepository : public test::AptFixture {};

TEST_F(AptRepository, AddsToWhatIsThere) {
  publish({deb("tiny")});
  const PublishedRepository second = publish({deb("other"), deb("tiny")});
  ASSERT_THAT(second.packages, SizeIs(2));
  EXPECT_EQ(second.packages[0].arrival, Arrival::added);
  EXPECT_EQ(second.packages[1].arrival, Arrival::kept);
  EXPECT_EQ(second.packages[1].path, pooled("tiny"));
  EXPECT_THAT(packages(), testing::AllOf(HasSubstr("Package: other\n"), HasSubstr("Package: tiny\n")));
}

TEST_F(AptRepository, DoesNotReadAgainWhatIsThere) {
  publish({deb("tiny")});
  const std::string before = packages();
  alter(pooled("tiny"));
  publish({deb("other")});
  EXPECT_THAT(packages(), HasSubstr(before)) << "the stanza is that of the first run";
}

TEST_F(AptRepository, SamePackagesGiveTheSameBytes) {
  sign();
  publish({deb("tiny"), deb("other")});
  const auto first = contents(repository_);
  request_.common.directory = repository_ = place_.path() / "b";
  publish({deb("other"), deb("tiny")});
  EXPECT_EQ(contents(repository_), first);
}

TEST_F(AptRepository, NothingIsWrittenWhenNothingChanged) {
  sign();
  publish({deb("tiny")});
  const auto before = fs::last_write_time(dist() / "InRelease");
  request_.now += 100;
  EXPECT_EQ(publish({deb("tiny")}).revision, test::kThen);
  publish({});
  EXPECT_EQ(fs::last_write_time(dist() / "InRelease"), before);
}

TEST_F(AptRepository, ItsDateNeverGoesBack) {
  publish({deb("tiny")});
  request_.now -= 1000;
  publish({deb("other")});
  EXPECT_EQ(release().date, test::kThen);
}

TEST_F(AptRepository, KeepsTheListsOfTheLastGenerationsAndNoMore) {
  std::vector<std::string> digests;
  for (const char* name : {"a1", "a2", "a3", "a4", "a5"}) {
    request_.now += 1;
    publish({deb(name)});
    digests.push_back(sha256_of(packages()));
  }
  const fs::path lists = dist() / "main/binary-amd64/by-hash/SHA256";
  EXPECT_FALSE(fs::exists(lists / digests[0]));
  for (std::size_t at = 1; at < digests.size(); ++at) EXPECT_TRUE(fs::exists(lists / digests[at])) << at;
}

TEST_F(AptRepository, RenewalsDoNotPushListsOut) {
  request_.valid_days = 7;
  publish({deb("tiny")});
  const std::string digest = sha256_of(packages());
  publish({deb("other")});
  for (int round = 0; round < 5; ++round) {
    request_.now += 100;
    publish({});
  }
  EXPECT_EQ(release().valid_until, test::kThen + 500 + 7 * 24 * 3600);
  EXPECT_TRUE(fs::exists(dist() / "main/binary-amd64/by-hash/SHA256" / digest));
}

TEST_F(AptRepository, EveryNameInTheReleaseIsThereUnderItsDigest) {
  publish({deb("tiny"), deb("armed", "1", "arm64"), deb("common", "1", "all")});
  const AptRelease made = release();
  EXPECT_THAT(made.architectures, ElementsAre("amd64", "arm64"));
  for (const auto& [list, entry] : made.files) {
    if (list.find("Contents") != std::string::npos && !list.ends_with(".xz")) continue;
    EXPECT_EQ(sha256_of_file(dist() / list), entry.sha256) << list;
    EXPECT_EQ(sha256_of_file(dist() / by_hash(list, entry.sha256)), entry.sha256) << list;
  }
  for (const char* const arch : {"amd64", "arm64"}) EXPECT_THAT(packages(arch), HasSubstr("Package: common\n"));
  EXPECT_THAT(packages("arm64"), Not(HasSubstr("Package: tiny\n")));
}

TEST_F(AptRepository, ASuiteIsThatOfTheBuildsLayout) {
  const fs::path dist = place_.path() / "dist";
  for (const char* const folder : {"debian-12/amd64", "ubuntu-24.04/x86_64", "misc/amd64", "debian-12/others"})
    make_directories(dist / folder);
  fs::copy_file(deb("one1"), dist / "debian-12/amd64/one1.deb");
  fs::copy_file(deb("two2"), dist / "ubuntu-24.04/x86_64/two2.deb");
  fs::copy_file(deb("three"), dist / "misc/amd64/three.deb");
  fs::copy_file(deb("four"), dist / "debian-12/others/four.deb");
  const PublishedRepository made = publish({dist});
  std::vector<std::string> names;
  for (const fs::path& file : made.client_files) names.push_back(file.filename());
  EXPECT_THAT(names, ElementsAre("site-debian-12.sources", "site-stable.sources", "site-ubuntu-24.04.sources"));
  EXPECT_THAT(packages(), testing::AllOf(HasSubstr("Package: three\n"), HasSubstr("Package: four\n")));
  EXPECT_THAT(read_file(repository_ / "dists/debian-12/main/binary-amd64/Packages"), StartsWith("Package: one1\n"));
}

TEST_F(AptRepository, PackagesTakenOutOfThePoolLeaveTheLists) {
  publish({deb("tiny", "1"), deb("tiny", "2"), deb("other")});
  fs::remove(pooled("tiny", "1"));
  fs::remove(pooled("other"));
  const PublishedRepository made = publish({});
  std::vector<Arrival> arrivals;
  for (const PublishedPackage& package : made.packages) arrivals.push_back(package.arrival);
  EXPECT_THAT(arrivals, ElementsAre(Arrival::removed, Arrival::removed, Arrival::kept));
  EXPECT_THAT(packages(), testing::AllOf(Not(HasSubstr("other")), Not(HasSubstr("Version: 1\n")), HasSubstr("Version: 2\n")));
  fs::remove(pooled("tiny", "2"));
  publish({});
  EXPECT_EQ(packages(), "") << "the last one, too";
  publish({deb("tiny", "2")});
  EXPECT_THAT(packages(), HasSubstr("Version: 2\n"));
}

TEST_F(AptRepository, ASuiteWhosePackagesHaveGoneStaysForItsClients) {
  sign();
  publish({deb("tiny")});
  request_.suite = "testing";
  publish({deb("other")});
  fs::remove(pooled("tiny"));
  request_.suite.clear();
  publish({});
  request_.now += 1;
  request_.valid_days = 36500;
  publish({});
  EXPECT_EQ(packages(), "");
  EXPECT_EQ(update(), "");
}

TEST_F(AptRepository, SignedOneIsNotMadeUnsigned) {
  sign();
  publish({deb("tiny")});
  request_.common.key.reset();
  EXPECT_EQ(failure({deb("other")}), "repository-signed");
}

TEST_F(AptRepository, AnUnsignedOneCanBeSigned) {
  publish({deb("tiny")});
  sign();
  publish({deb("tiny")});
  EXPECT_EQ(update(), "");
  EXPECT_TRUE(home_->gpg({"--verify", (dist() / "Release.gpg").string(), (dist() / "Release").string()}).ok());
}

TEST_F(AptRepository, NothingToPublishIsAnError) {
  EXPECT_EQ(failure({}), "repository-empty");
  publish({deb("tiny")});
  request_.suite = "absent";
  EXPECT_EQ(failure({}), "repository-empty");
}

TEST_F(AptRepository, AnEpochIsNoPartOfAFilesName) {
  test::HandmadeDeb made;
  made.name = "tiny";
  made.version = "2:1.0~rc1+x-1";
  const fs::path file = place_.path() / "epoch.deb";
  made.write(file);
  publish({file});
  EXPECT_THAT(packages(), testing::AllOf(HasSubstr("Version: 2:1.0~rc1+x-1\n"), HasSubstr("/tiny_1.0~rc1+x-1_amd64.deb\n")));
}

/// What an archive's own tools would have written of one package.
std::set<std::string> stanza(const std::string& text, const std::string& package) {
  const std::size_t from = text.find("Package: " + package + "\n");
  EXPECT_NE(from, std::string::npos) << text;
  std::set<std::string> lines;
  std::string line;
  for (const char c : text.substr(from, text.find("\n\n", from) - from) + "\n") {
    if (c != '\n') {
      line += c;
      continue;
    }
    // Digests that apt does not want.
    if (!line.starts_with("MD5sum:") && !line.starts_with("SHA1:") && !line.starts_with("SHA512:")) lines.insert(line);
    line.clear();
  }
  return lines;
}

TEST_F(AptRepository, ReadsAsDebiansOwnToolsWouldHaveWrittenIt) {
  test::HandmadeDeb made;
  made.name = "tiny";
  made.depends = "libc6 (>= 2.36),\n libother\nSource: tiny-source (0.9)\nSection: kernel\nX-Long: first\n  indented\n .\n last";
  made.add("/usr/lib/a b/one", "1");
  made.add("/usr/share/two", "2");
  made.add_link("/usr/share/three", "two");
  publish({write(made), deb("other")});
  for (const auto& [program, args] : std::map<std::string, std::vector<std::string>>{
           {"dpkg-scanpackages", {"--multiversion", "pool"}}, {"apt-ftparchive", {"packages", "pool"}}}) {
    const Completed completed = runner_.run({.program = program,
                                             .args = args,
                                             .environment = {{"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C.UTF-8"}},
                                             .directory = repository_,
                                             .separate_errors = true},
                                            {});
    ASSERT_TRUE(completed.ok()) << completed.errors;
    for (const char* const package : {"tiny", "other"})
      EXPECT_EQ(stanza(packages(), package), stanza(completed.tail, package)) << program;
  }
  const std::string lines = runner_
                                .run({.program = "apt-ftparchive",
                                      .args = {"contents", "pool"},
                                      .environment = {{"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C.UTF-8"}},
                                      .directory = repository_,
                                      .separate_errors = true},
                                     {})
                                .tail;
  // Asked for contents alone, it leaves sections out.
  std::string ours = decompressed(read_file(dist() / "main/Contents-amd64.xz"));
  EXPECT_THAT(ours, HasSubstr("usr/lib/a b/one kernel/tiny\n"));
  EXPECT_EQ(parse_contents(replaced(ours, " kernel/tiny", " tiny")), parse_contents(lines));
}

}  // namespace
}  // namespace kmpack
