// What must not harm a repository.
#include "integration/publish/apt_fixture.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class AptDamage : public test::AptFixture {};

TEST_F(AptDamage, TwoPackagesOfOneIdentityAreRefusedAndNothingChanges) {
  publish({deb("tiny")});
  const auto before = contents(repository_);
  EXPECT_EQ(failure({deb("other"), deb("tiny", "1.0-1", "amd64", "two")}), "repository-conflict");
  EXPECT_EQ(contents(repository_), before);
  request_.suite = "another";
  EXPECT_EQ(failure({deb("tiny", "1.0-1", "amd64", "two")}), "repository-conflict") << "suites share the pool";
  request_.suite = "stable";
  request_.component = "extra";
  EXPECT_EQ(failure({deb("tiny", "1.0-1", "amd64", "two")}), "repository-conflict") << "apt could not tell them apart";
}

TEST_F(AptDamage, APackageInThePoolOfAnotherSizeIsDamage) {
  publish({deb("tiny")});
  fs::resize_file(pooled("tiny"), 10);
  EXPECT_EQ(failure({deb("other")}), "repository-damaged");
}

TEST_F(AptDamage, ListsThatAreNotTheReleasesAreDamage) {
  publish({deb("tiny")});
  const fs::path list = dist() / by_hash("main/binary-amd64/Packages", release().files.at("main/binary-amd64/Packages").sha256);
  alter(list);
  EXPECT_EQ(failure({deb("other")}), "repository-damaged");
  fs::remove(list);
  EXPECT_EQ(failure({deb("other")}), "repository-damaged");
  write_file(dist() / "Release", "");
  EXPECT_EQ(failure({deb("other")}), "repository-damaged");
}

TEST_F(AptDamage, WhatAKilledRunLeftIsReplacedOrRemoved) {
  publish({deb("tiny")});
  make_directories(pooled("other").parent_path());
  write_file(pooled("other"), "a package that no list names");
  write_file(pooled("other").parent_path() / ".other.deb.new.1-0", "half");
  make_directories(repository_ / "dists/.stable.new.1-0/main");
  publish({deb("other")});
  EXPECT_EQ(read_file(pooled("other")), read_file(deb("other")));
  EXPECT_FALSE(fs::exists(repository_ / "dists/.stable.new.1-0"));
  EXPECT_FALSE(fs::exists(pooled("other").parent_path() / ".other.deb.new.1-0"));
}

TEST_F(AptDamage, ASuiteThatAKilledRunLeftMovedAsideIsPutBack) {
  publish({deb("tiny")});
  fs::rename(dist(), repository_ / "dists/.stable.old.1-0");
  make_directories(repository_ / "dists/.stable.new.1-0");
  publish({deb("other")});
  EXPECT_THAT(packages(), testing::AllOf(HasSubstr("Package: other\n"), HasSubstr("Package: tiny\n")));
  EXPECT_THAT(walk(repository_ / "dists", [](const TreeEntry& entry) { return entry.relative == "stable"; }), SizeIs(0));
}

TEST_F(AptDamage, NamesThatLeadOutOfItAreRefused) {
  for (const char* const name : {"../up", "a b", ".hidden", "a/b", "a:b"}) {
    request_.suite = name;
    EXPECT_EQ(failure({deb("tiny")}), "repository-suite-invalid") << name;
  }
  request_.suite = "stable";
  request_.component = "non/free";
  EXPECT_EQ(failure({deb("tiny")}), "repository-suite-invalid");
}

TEST_F(AptDamage, DamagedAndHostilePackagesAreRefused) {
  write_file(place_.path() / "text.deb", "text");
  EXPECT_THAT(failure({place_.path() / "text.deb"}), testing::AnyOf("archive-unreadable", "deb-unreadable"));
  EXPECT_EQ(failure({place_.path() / "absent.deb"}), "file-unreadable");
  for (const char* const name : {"Upper", "under_score", "x", "../up"}) {
    test::HandmadeDeb made;
    made.name = name;
    const fs::path file = place_.path() / "hostile.deb";
    made.write(file);
    EXPECT_EQ(failure({file}), "deb-unreadable") << name;
  }
  test::HandmadeDeb made;
  made.version = "1/../2";
  made.write(place_.path() / "hostile.deb");
  EXPECT_EQ(failure({place_.path() / "hostile.deb"}), "deb-unreadable");
  for (const char* const version : {"1:", "1:2:3", "abc", ":1", "1-", "a:1", "9999999999:1", "1-2-", "2_3"}) {
    test::HandmadeDeb spoiler;
    spoiler.version = version;
    spoiler.write(place_.path() / "hostile.deb");
    EXPECT_EQ(failure({place_.path() / "hostile.deb"}), "deb-unreadable") << version;
  }
  for (const char* const arch : {"any", "source", "linux-any", "any-amd64", "Amd64"}) {
    test::HandmadeDeb spoiler;
    spoiler.arch = arch;
    spoiler.write(place_.path() / "hostile.deb");
    EXPECT_EQ(failure({place_.path() / "hostile.deb"}), "deb-unreadable") << arch;
  }
  for (const char* const relation : {"foo bar", "foo (>= 1", "foo (=> 1)"}) {
    test::HandmadeDeb spoiler;
    spoiler.depends = relation;
    spoiler.write(place_.path() / "hostile.deb");
    EXPECT_EQ(failure({place_.path() / "hostile.deb"}), "deb-unreadable") << relation;
  }
  test::HandmadeDeb another;
  another.provides = "a1 (= 1)\nPackage\v: libc6";
  another.write(place_.path() / "hostile.deb");
  EXPECT_EQ(failure({place_.path() / "hostile.deb"}), "deb-control-invalid");
  EXPECT_FALSE(fs::exists(repository_ / "dists"));
}

TEST_F(AptDamage, WhatOnlyAnArchiveMaySayAPackageDoesNot) {
  test::HandmadeDeb made;
  made.name = "tiny";
  made.depends = "libc6\nFilename: ../../etc/passwd\nSHA256: 00\nSize: 1\nSource: libsource (2:3.0)";
  publish({write(made)});
  EXPECT_THAT(packages(), testing::AllOf(HasSubstr("Filename: pool/main/libs/libsource/tiny_1.0-1_amd64.deb\n"),
                                         Not(HasSubstr("passwd")), Not(HasSubstr("SHA256: 00\n"))));
}

TEST_F(AptDamage, OnAFullDiskStaysWhatItWas) {
  const test::SmallDisk disk(repository_);
  if (!disk.mounted()) return test::without_mounts();
  sign();
  publish({deb("tiny")});
  const auto before = contents(repository_);
  test::HandmadeDeb large;
  large.name = "large";
  std::string noise;
  for (unsigned at = 0, state = 1; at < 400'000; ++at)
    noise += static_cast<char>((state = state * 1664525U + 1013904223U) >> 24U);
  large.add("/usr/lib/large", noise);
  request_.now += 1;
  EXPECT_EQ(failure({deb("other"), write(large)}), "disk-full") << "while packages come";
  EXPECT_EQ(contents(repository_), before);
  // So full that packages fit, and lists do not.
  bool refused = false;
  for (int version = 1; version < 200 && !refused; ++version) {
    const auto then = contents(repository_);
    request_.now += 1;
    const std::string code = failure({deb("more", std::to_string(version))});
    refused = code == "disk-full";
    ASSERT_TRUE(refused || code == "nothing was thrown") << code;
    if (refused) {
      EXPECT_EQ(contents(repository_), then);
    }
  }
  EXPECT_TRUE(refused);
  EXPECT_EQ(update(), "");
  EXPECT_EQ(client_.download("tiny"), "");
}

}  // namespace
}  // namespace kmpack
