// What the real apt makes of a repository.
#include <ctime>

#include "integration/publish/apt_fixture.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AptClients : public test::AptFixture {
 protected:
  AptClients() { sign(); }
};

TEST_F(AptClients, TakeASignedPackage) {
  publish({deb("tiny"), deb("common", "2", "all")});
  ASSERT_EQ(update(), "");
  EXPECT_EQ(client_.download("tiny"), "");
  EXPECT_EQ(read_file(client_.got() / "tiny_1.0-1_amd64.deb"), read_file(deb("tiny")));
  EXPECT_THAT(client_.simulate({"install", "tiny", "common"}), HasSubstr("Inst common (2 site:stable [all])"));
}

TEST_F(AptClients, FindEveryVersionAndUpgradeToTheNewest) {
  publish({deb("tiny")});
  ASSERT_EQ(update(), "");
  request_.now += 1;
  publish({deb("tiny", "1.0-1+b1"), deb("tiny", "1.0-1~rc1")});
  ASSERT_EQ(update(), "");
  EXPECT_THAT(client_.versions("tiny"), ElementsAre("1.0-1+b1", "1.0-1", "1.0-1~rc1"));
  client_.set_status(
      "Package: tiny\nStatus: install ok installed\nVersion: 1.0-1\nArchitecture: amd64\nMaintainer: x\nDescription: x\n");
  EXPECT_THAT(client_.simulate({"upgrade"}), HasSubstr("Inst tiny [1.0-1] (1.0-1+b1 site:stable [amd64])"));
}

TEST_F(AptClients, RefuseAPackageThatWasTamperedWith) {
  publish({deb("tiny")});
  ASSERT_EQ(update(), "");
  alter(pooled("tiny"));
  EXPECT_THAT(client_.download("tiny"), HasSubstr("Hash Sum mismatch"));
  EXPECT_FALSE(fs::exists(client_.got() / "tiny_1.0-1_amd64.deb"));
}

TEST_F(AptClients, RefuseListsThatWereTamperedWith) {
  publish({deb("tiny")});
  for (const TreeEntry& entry : walk(dist())) {
    if (entry.type == EntryType::file && entry.relative.string().find("binary-") != std::string::npos)
      alter(dist() / entry.relative);
  }
  EXPECT_THAT(update(), HasSubstr("mismatch"));
  EXPECT_THAT(client_.versions("tiny"), IsEmpty());
}

TEST_F(AptClients, RefuseAReleaseThatWasTamperedWith) {
  publish({deb("tiny")});
  std::string text = read_file(dist() / "InRelease");
  write_file(dist() / "InRelease", text.replace(text.find("Label: site"), 11, "Label: evil"));
  EXPECT_THAT(update(), HasSubstr("BADSIG"));
  EXPECT_THAT(client_.versions("tiny"), IsEmpty());
}

TEST_F(AptClients, RefuseAReleaseOfAnotherKey) {
  publish({deb("tiny")});
  client_.know(repository_ / "site-stable.sources");
  ASSERT_EQ(client_.update(), "");
  home_->add_key("Stranger <stranger@example.org>");
  sign("stranger@example.org");
  request_.now += 1;
  publish({deb("other")});
  EXPECT_THAT(client_.update(), HasSubstr("NO_PUBKEY"));
  EXPECT_THAT(client_.versions("other"), IsEmpty());
}

TEST_F(AptClients, RefuseAReleaseThatHasExpired) {
  request_.valid_days = 7;
  request_.now = ::time(nullptr) - 8 * 24 * 3600;
  publish({deb("tiny")});
  // A client with a clock of then would take it, so the date is the only fault.
  const std::string refused = update();
  EXPECT_THAT(refused, HasSubstr("is expired"));
  client_.add_configuration("Acquire::Check-Valid-Until \"false\";\n");
  EXPECT_EQ(client_.update(), "");
}

TEST_F(AptClients, TakeAReleaseThatWasRenewedInTime) {
  request_.valid_days = 7;
  request_.now = ::time(nullptr) - 8 * 24 * 3600;
  publish({deb("tiny")});
  // As a timer does it: the term is that of before.
  request_.valid_days.reset();
  request_.now = ::time(nullptr) - 6 * 24 * 3600;
  publish({});
  EXPECT_EQ(update(), "");
}

TEST_F(AptClients, WithAnOldReleaseFindTheListsThatItNames) {
  publish({deb("tiny")});
  const std::string old = read_file(dist() / "InRelease");
  for (const char* more : {"a1", "a2", "a3"}) {
    request_.now += 10;
    publish({deb(more)});
  }
  // The client has read the first one, and asks for its lists only now.
  write_file(dist() / "InRelease", old);
  ASSERT_EQ(update(), "");
  EXPECT_THAT(client_.versions("a1"), IsEmpty());
  EXPECT_EQ(client_.download("tiny"), "");
}

TEST_F(AptClients, OfAnUnsignedOneCheckNothing) {
  request_.common.key.reset();
  publish({deb("tiny")});
  EXPECT_THAT(read_file(repository_ / "site-stable.sources"), HasSubstr("\nTrusted: yes\n"));
  EXPECT_EQ(update(), "");
  EXPECT_EQ(client_.download("tiny"), "");
}

TEST_F(AptClients, FindPackagesByTheirFiles) {
  publish({deb("tiny")});
  client_.add_configuration(
      "Acquire::IndexTargets::deb::Contents-deb { MetaKey \"$(COMPONENT)/Contents-$(ARCHITECTURE)\"; ShortDescription "
      "\"Contents\"; Description \"$(RELEASE)/$(COMPONENT) $(ARCHITECTURE) Contents\"; };\n");
  ASSERT_EQ(update(), "");
  std::string file = client_.run("apt-get", {"indextargets", "--format", "$(FILENAME)", "Identifier: Contents-deb"}).tail;
  file.erase(file.find_last_not_of('\n') + 1);
  EXPECT_EQ(client_.run("/usr/lib/apt/apt-helper", {"cat-file", file}).tail, "usr/share/doc/tiny/note tiny\n");
}

TEST_F(AptClients, OfARepositoryOfAllOnlyFindIt) {
  publish({deb("common", "2", "all")});
  ASSERT_EQ(update(), "");
  EXPECT_THAT(client_.versions("common"), ElementsAre("2"));
}

}  // namespace
}  // namespace kmpack
