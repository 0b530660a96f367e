#include "publish/rpm_repository.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>

#include "support/gpg_home.hpp"
#include "support/thrown.hpp"
#include "wrap/rpm_md.hpp"
#include "wrap/rpm_repository.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using test::code_thrown_by;
using test::handmade_rpm;

using testing::ElementsAre;
using testing::HasSubstr;

using testing::SizeIs;

class RpmRepository : public testing::Test {
 protected:
  PublishedRepository publish(std::vector<fs::path> packages, const fs::path& to) {
    return publish_rpms({.directory = to, .packages = std::move(packages), .key = key_}, runner_, {});
  }
  PublishedRepository publish(std::vector<fs::path> packages) { return publish(std::move(packages), repository_); }
  std::string failure(std::vector<fs::path> packages) {
    return code_thrown_by([&] { publish(std::move(packages)); });
  }
  void sign() { key_ = find_openpgp_key("good@example.org", runner_, {}); }
  fs::path rpm(const std::string& name, const std::string& release = "1", const std::string& summary = "one") {
    return handmade_rpm(place_.path() / summary, name, release, summary);
  }
  /// Names as a client sees them: createrepo_c's metadata read by libxml2.
  [[nodiscard]] std::vector<std::string> names() const {
    const fs::path index = repository_ / "repodata/repomd.xml";
    std::vector<std::string> names;
    for (const RpmMdFile& file : parse_repomd(read_file(index), index)) {
      EXPECT_TRUE(fs::exists(repository_ / file.location)) << file.location;
      if (file.type != "primary") continue;
      for (const RpmMdPackage& package : read_primary(repository_ / file.location, [](std::string_view) { return true; })) {
        EXPECT_TRUE(fs::exists(repository_ / package.location)) << package.location;
        names.push_back(package.name);
      }
    }
    return names;
  }
  static std::map<std::string, std::string> contents(const fs::path& root) {
    std::map<std::string, std::string> all;
    for (const TreeEntry& entry : walk(root)) {
      const std::string name = entry.relative.string();
      if (entry.type == EntryType::file && name != ".kmpack-lock" && !name.ends_with(".repo")) all[name] = read_file(root / name);
    }
    return all;
  }

  test::GpgHome home_;
  TempDir place_;
  fs::path repository_ = place_.path() / "repository";
  std::optional<OpenPgpKey> key_;
  ProcessRunner runner_;
};

TEST_F(RpmRepository, AddsToWhatIsThere) {
  publish({rpm("tiny")});
  const PublishedRepository second = publish({rpm("other"), rpm("tiny")});
  EXPECT_THAT(names(), ElementsAre("other", "tiny"));
  ASSERT_THAT(second.packages, SizeIs(2));
  EXPECT_EQ(second.packages[0].arrival, Arrival::added);
  EXPECT_EQ(second.packages[1].arrival, Arrival::kept);
  EXPECT_EQ(second.packages[1].path, repository_ / "noarch/tiny-1-1.noarch.rpm");
}

TEST_F(RpmRepository, SignedForGpgAndRpmkeys) {
  sign();
  const PublishedRepository made = publish({rpm("tiny")});
  EXPECT_EQ(made.signed_by, "Good Packages <good@example.org>");
  EXPECT_TRUE(
      home_.gpg({"--verify", (repository_ / "repodata/repomd.xml.asc").string(), (repository_ / "repodata/repomd.xml").string()})
          .ok());
  EXPECT_THAT(rpms_without_signature(*key_, std::vector{made.packages[0].path}, runner_, {}), testing::IsEmpty());
  EXPECT_THAT(rpms_without_signature(*key_, std::vector{rpm("tiny")}, runner_, {}), SizeIs(1))
      << "the package given was signed, not a copy";
  EXPECT_THAT(read_file(made.client_files.at(0)), HasSubstr("repo_gpgcheck=1"));
}

TEST_F(RpmRepository, PackagesThatWereThereUnsignedAreSigned) {
  publish({rpm("tiny")});
  sign();
  const PublishedRepository made = publish({});
  EXPECT_EQ(made.packages.at(0).arrival, Arrival::newly_signed);
  EXPECT_EQ(publish({}).packages.at(0).arrival, Arrival::kept);
}

TEST_F(RpmRepository, SamePackagesGiveTheSameBytes) {
  sign();
  publish({rpm("tiny"), rpm("other")}, place_.path() / "a");
  publish({rpm("other"), rpm("tiny")}, place_.path() / "b");
  EXPECT_EQ(contents(place_.path() / "a"), contents(place_.path() / "b"));
}

TEST_F(RpmRepository, NothingIsWrittenWhenNothingChanged) {
  sign();
  publish({rpm("tiny")});
  const auto before = fs::last_write_time(repository_ / "repodata/repomd.xml");
  publish({rpm("tiny")});
  EXPECT_EQ(fs::last_write_time(repository_ / "repodata/repomd.xml"), before);
}

TEST_F(RpmRepository, ListsThatAReaderMayBeFetchingStay) {
  publish({rpm("tiny")});
  const fs::path index = repository_ / "repodata/repomd.xml";
  const std::vector<RpmMdFile> before = parse_repomd(read_file(index), index);
  publish({rpm("other")});
  ASSERT_FALSE(before.empty());
  for (const RpmMdFile& file : before) EXPECT_TRUE(fs::exists(repository_ / file.location)) << file.location;
}

TEST_F(RpmRepository, TwoPackagesOfOneIdentityAreRefusedAndNothingChanges) {
  publish({rpm("tiny")});
  const auto before = contents(repository_);
  EXPECT_EQ(failure({rpm("other"), rpm("tiny", "1", "two")}), "repository-conflict");
  EXPECT_EQ(contents(repository_), before);
}

TEST_F(RpmRepository, DamagedAndForeignFilesAreRefused) {
  const fs::path damaged = rpm("tiny");
  std::string bytes = read_file(damaged);
  bytes[bytes.size() - 20] = static_cast<char>(bytes[bytes.size() - 20] ^ 1);
  write_file(damaged, bytes);
  EXPECT_EQ(failure({damaged}), "rpm-digest-wrong");
  write_file(place_.path() / "text.rpm", "text");
  EXPECT_EQ(failure({place_.path() / "text.rpm"}), "rpm-unreadable");
  EXPECT_EQ(failure({place_.path() / "absent.rpm"}), "file-unreadable");
  EXPECT_FALSE(fs::exists(repository_ / "repodata"));
}

TEST_F(RpmRepository, NothingToPublishIsAnError) { EXPECT_EQ(failure({}), "repository-empty"); }

TEST_F(RpmRepository, SignedOneIsNotMadeUnsigned) {
  sign();
  publish({rpm("tiny")});
  key_.reset();
  EXPECT_EQ(failure({}), "repository-signed");
}

TEST_F(RpmRepository, LeftoversOfAKilledRunAreNoPackages) {
  make_directories(repository_ / ".incoming/noarch");
  fs::copy_file(rpm("left"), repository_ / ".incoming/noarch/left.rpm");
  make_directories(repository_ / ".repodata.new.1-0");
  publish({rpm("tiny")});
  EXPECT_THAT(names(), ElementsAre("tiny"));
  EXPECT_FALSE(fs::exists(repository_ / ".incoming"));
  EXPECT_FALSE(fs::exists(repository_ / ".repodata.new.1-0"));
}

TEST_F(RpmRepository, ReadersFindItWholeWhileItIsWritten) {
  publish({rpm("tiny")});
  std::vector<fs::path> more;
  for (const char* name : {"a", "b", "c", "d"}) more.push_back(rpm(name));
  std::atomic<bool> done = false;
  auto reader = std::async(std::launch::async, [&] {
    int rounds = 0;
    for (; !done || rounds == 0; ++rounds) static_cast<void>(read_file(repository_ / "repodata/repomd.xml"));
    return rounds;
  });
  for (const fs::path& file : more) publish({file});
  done = true;
  EXPECT_GT(reader.get(), 0);
  EXPECT_THAT(names(), SizeIs(5));
}

TEST_F(RpmRepository, RevisionIsTheNewestPackagesTime) { EXPECT_EQ(publish({rpm("tiny")}).revision, 1700000000); }

TEST_F(RpmRepository, UnwritableMetadataIsAnError) {
  const RpmMdSource source{.file = rpm("tiny"), .location = "tiny.rpm"};
  EXPECT_EQ(code_thrown_by([&] { write_rpm_md(std::vector{source}, 0, place_.path() / "absent"); }), "rpm-md-unwritable");
}

}  // namespace
}  // namespace kmpack
