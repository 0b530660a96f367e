#include "integration/headers/fixture.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FindInArchive : public test::ArchiveFixture {
 protected:
  static std::vector<std::string> ids(const Kernels& kernels) {
    std::vector<std::string> all;
    for (const auto& kernel : kernels) all.push_back(kernel->id().substr(kernel->id().find('@')) + " " + kernel->package_version);
    return all;
  }
};

TEST_F(FindInArchive, FindsTheKernelsOfASignedArchive) {
  archive_.add_kernel("7.0.9-small");
  archive_.add_kernel("7.0.10-small");
  archive_.add_kernel("7.0.10-rt-small");
  archive_.publish();
  const Kernels kernels = find();
  EXPECT_THAT(codes(), IsEmpty());
  EXPECT_THAT(ids(kernels), ElementsAre("@7.0.10-rt-small 1", "@7.0.9-small 1", "@7.0.10-small 1"));
  ASSERT_EQ(kernels.at(0)->packages.size(), 4U);
  EXPECT_THAT(kernels.at(0)->packages.at(0).url, HasSubstr("/pool/linux-headers-7.0.10-rt-small_1_"));
  EXPECT_EQ(kernels.at(0)->packages.at(0).sha256.size(), 64U);
}

TEST_F(FindInArchive, GivesAKernelToTheCatalogueWhoseArchiveItIsIn) {
  std::string text = read_file(flavors() / "test-1.xml");
  text.replace(text.find("test-1"), 6, "test-2");
  text.replace(text.find("  <series"), 0, "  <apt origin=\"test\" codename=\"test\"/>\n");
  write_file(flavors() / "test-2.xml", text);
  const std::vector<fs::path> directories{flavors()};
  catalogues_ = read_catalogues(directories, problems_);
  archive_.add_kernel("7.0.9-small");
  archive_.publish();
  const Kernels kernels = find();
  EXPECT_THAT(codes(), IsEmpty());
  ASSERT_EQ(kernels.size(), 1U);
  EXPECT_EQ(kernels[0]->flavor.distribution, "test-2");
  // Also from the snapshot, without asking APT again.
  EXPECT_EQ(find().at(0)->flavor.distribution, "test-2");
}

/// An archive in which the newest of three kernels lacks its common package.
class HalfAnArchive : public FindInArchive {
 protected:
  HalfAnArchive() {
    archive_.add_kernel("7.0.8-small");
    for (const test::TestPackage& package : test::kernel_packages("7.0.9-small", "1")) {
      if (!package.name.ends_with("-common")) archive_.add(package);
    }
    for (const test::TestPackage& package : test::kernel_packages("7.0.9-rt-small", "1")) {
      if (!package.name.ends_with("-common")) archive_.add(package);
    }
    archive_.publish();
  }

  std::vector<std::string> codes_for(const char* pattern) {
    problems_ = {};
    const std::vector<FlavorPattern> wanted{parse_flavor_pattern(pattern, {}, problems_).value()};
    find_kernels(sources_, catalogues_, wanted, errands(), problems_);
    return codes();
  }
};

TEST_F(HalfAnArchive, NamesWhatNoArchiveHas) {
  EXPECT_THAT(ids(find()), ElementsAre("@7.0.8-small 1"));
  EXPECT_THAT(codes(), ElementsAre("warning headers-unusable", "warning headers-unusable"));
  EXPECT_THAT(
      to_text(problems_.all().at(0)),
      HasSubstr("7.0.9-rt-small is left out: linux-headers-7.0.9-rt-small 1 needs linux-headers-7.0.9-rt-small-common = 1 for "));
}

TEST_F(HalfAnArchive, WarnsWhereAnOlderKernelStandsForIt) {
  EXPECT_THAT(codes_for("test-1/small"), ElementsAre("warning headers-unusable"));
  EXPECT_THAT(codes_for("test-1/small@7.0"), ElementsAre("warning headers-unusable"));
  EXPECT_THAT(codes_for("test-1/small@*"), ElementsAre("warning headers-unusable"));
}

TEST_F(HalfAnArchive, FailsWhereItIsNamedOrNothingStandsForIt) {
  EXPECT_THAT(codes_for("test-1/small@7.0.9-small"), ElementsAre("error headers-unusable"));
  EXPECT_THAT(codes_for("test-1/rt-small"), ElementsAre("error headers-unusable"));
}

TEST_F(HalfAnArchive, KeepsSilentAboutKernelsThatNobodyWants) {
  EXPECT_THAT(codes_for("test-1/small@7.0.8-small"), IsEmpty());
  EXPECT_THAT(codes_for("test-1/large"), IsEmpty());
}

TEST_F(FindInArchive, AsksNobodyWhileTheListsAreUnchanged) {
  archive_.add_kernel("7.0.9-small");
  archive_.publish();
  find();
  const int children = runner_.count;
  EXPECT_GT(children, 0);
  EXPECT_EQ(find().size(), 1U);
  sources_.metadata = Metadata::stored;
  EXPECT_EQ(find().size(), 1U);
  EXPECT_EQ(runner_.count, children);
}

TEST_F(FindInArchive, SeesNewKernelsAfterARefreshOnly) {
  archive_.add_kernel("7.0.9-small");
  archive_.publish();
  find();
  archive_.add_kernel("7.0.10-small");
  archive_.publish();
  EXPECT_EQ(find().size(), 1U);
  sources_.metadata = Metadata::refresh;
  EXPECT_EQ(find().size(), 2U);
}

TEST_F(FindInArchive, ReadsTheListsAgainWhenASourceWasChanged) {
  archive_.add_kernel("7.0.9-small");
  archive_.publish();
  find();
  const int children = runner_.count;
  archive_.set_sources(archive_.own_source() + "# another line\n");
  fs::last_write_time(archive_.etc() / "sources.list", fs::file_time_type::clock::now() + std::chrono::seconds(5));
  find();
  EXPECT_GT(runner_.count, children);
}

TEST_F(FindInArchive, ReadsTheSystemsListsWhereItHasNoneOfItsOwn) {
  archive_.add_kernel("7.0.9-small");
  archive_.publish();
  find();
  // What one cache fetched plays the system's part for another.
  sources_.system_lists = sources_.cache / "apt/lists" / std::string(host_architecture().deb);
  sources_.cache = archive_.directory() / "cache2";
  sources_.metadata = Metadata::stored;
  const int children = runner_.count;
  EXPECT_THAT(ids(find()), ElementsAre("@7.0.9-small 1"));
  EXPECT_EQ(runner_.count, children + 1);
  EXPECT_FALSE(fs::exists(sources_.cache / "apt/lists"));
}

TEST_F(FindInArchive, FindsNothingWhereNothingWasEverFetched) {
  sources_.metadata = Metadata::stored;
  EXPECT_TRUE(find().empty());
  EXPECT_THAT(codes(), IsEmpty());
}

TEST_F(FindInArchive, ToleratesASourceThatCannotBeReachedWhileOthersHaveKernels) {
  archive_.add_kernel("7.0.9-small");
  archive_.publish();
  archive_.set_sources(archive_.own_source() + "deb [signed-by=/nonexistent.gpg] file:/nonexistent test main\n");
  EXPECT_EQ(find().size(), 1U);
  EXPECT_THAT(codes(), testing::Each(testing::StartsWith("warning ")));
  EXPECT_FALSE(codes().empty());
}

TEST_F(FindInArchive, KeepsSayingThatItsListsAreNotWhole) {
  archive_.add_kernel("7.0.9-small");
  archive_.publish();
  archive_.set_sources(archive_.own_source() + "deb [signed-by=/nonexistent.gpg] file:/nonexistent test main\n");
  find();
  problems_ = {};
  const int children = runner_.count;
  EXPECT_EQ(find().size(), 1U);
  EXPECT_EQ(runner_.count, children);
  EXPECT_FALSE(codes().empty());
  EXPECT_TRUE(problems_.ok());
}

TEST_F(FindInArchive, TriesAgainSoonWhenAPartOfTheListsFailed) {
  archive_.add_kernel("7.0.9-small");
  archive_.publish();
  archive_.set_sources(archive_.own_source() + "deb [signed-by=/nonexistent.gpg] file:/nonexistent test main\n");
  find();
  const int children = runner_.count;
  const fs::path mark = sources_.cache / "apt/fetched" / std::string(host_architecture().deb);
  const auto past = fs::file_time_type::clock::now() - std::chrono::hours(1);
  fs::last_write_time(archive_.etc() / "sources.list", past - std::chrono::hours(1));
  fs::last_write_time(mark, past);
  find();
  EXPECT_GT(runner_.count, children);
}

TEST_F(FindInArchive, FailsWhenNoSourceCouldBeReached) {
  archive_.set_sources("deb [signed-by=/nonexistent.gpg] http://127.0.0.1:9/debian test main\n");
  EXPECT_TRUE(find().empty());
  EXPECT_THAT(codes(), testing::Contains("error archive-unreachable"));
}

TEST_F(FindInArchive, SaysWhichSourceLineCannotBeRead) {
  archive_.set_sources("deb this is no source\n");
  EXPECT_THAT(complaint([&] { find(); }), testing::AllOf(HasSubstr("[apt-failed]"), HasSubstr("sources.list")));
}

TEST_F(FindInArchive, MakesADamagedSnapshotAnew) {
  archive_.add_kernel("7.0.9-small");
  archive_.publish();
  find();
  write_file(sources_.cache / "apt/index.json", "{\"schema\": 1, \"key\":");
  EXPECT_EQ(find().size(), 1U);
}

TEST_F(FindInArchive, EndsWhenAskedToStop) {
  archive_.add_kernel("7.0.9-small");
  archive_.publish();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(find_kernels(sources_, catalogues_, {}, errands(stop.get_token()), problems_), Cancelled);
}

}  // namespace
}  // namespace kmpack
