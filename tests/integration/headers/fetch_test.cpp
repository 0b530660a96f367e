#include <sys/stat.h>

#include "headers/lock.hpp"
#include "integration/headers/fixture.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class FetchHeaders : public test::ArchiveFixture {
 protected:
  void SetUp() override {
    archive_.add_kernel("7.0.9-small");
    archive_.add_kernel("7.0.9-rt-small");
    archive_.publish();
  }

  void take_archive_away() { fs::rename(archive_.pool(), archive_.directory() / "away"); }
};

TEST_F(FetchHeaders, MakesATreeThatIsUsableWhereItLies) {
  const Kernels kernels = find_and_fetch();
  ASSERT_THAT(kernels, SizeIs(2));
  const HeaderTree headers = open_headers(sources_, *kernels[1]);
  EXPECT_EQ(headers.tree.filename(), "linux-headers-7.0.9-small");
  EXPECT_EQ(headers.makefile, headers.root / "usr/src/linux-headers-7.0.9-small-common/Makefile");
  EXPECT_EQ(read_file(headers.tree / "scripts/mod/modpost"), "modpost 1");
  EXPECT_EQ(headers.epoch, 1700000000);
  EXPECT_THAT(headers.root.string(), testing::StartsWith(sources_.cache.string()));
  // The absolute link to where the package would be installed is not there to be followed.
  EXPECT_FALSE(fs::exists(fs::symlink_status(headers.root / "lib/modules/7.0.9-small/build")));
}

TEST_F(FetchHeaders, KeepsEveryPackageOnceAndSharesItsFiles) {
  const Kernels kernels = find_and_fetch();
  // Two headers, two commons, one kbuild.
  EXPECT_THAT(stored("packages"), SizeIs(5));
  EXPECT_THAT(stored("sets"), SizeIs(2));
  struct stat first = {};
  struct stat second = {};
  ASSERT_EQ(::stat((open_headers(sources_, *kernels[0]).tree / "scripts/mod/modpost").c_str(), &first), 0);
  ASSERT_EQ(::stat((open_headers(sources_, *kernels[1]).tree / "scripts/mod/modpost").c_str(), &second), 0);
  EXPECT_EQ(first.st_ino, second.st_ino);
}

TEST_F(FetchHeaders, LeavesFilesThatNobodyMayChange) {
  const Kernels kernels = find_and_fetch();
  struct stat status = {};
  ASSERT_EQ(::stat((open_headers(sources_, *kernels[0]).tree / "scripts/mod/modpost").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0555U);
  ASSERT_EQ(::stat(open_headers(sources_, *kernels[0]).symvers.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0444U);
  EXPECT_EQ(status.st_mtime, 1700000000);
}

TEST_F(FetchHeaders, DoesNothingTheSecondTime) {
  const Kernels kernels = find_and_fetch();
  const int children = runner_.count;
  fetch_headers(sources_, kernels, errands());
  EXPECT_EQ(runner_.count, children);
  EXPECT_THAT(stored("downloads"), IsEmpty());
}

TEST_F(FetchHeaders, WorksWithoutAnArchiveOnceTheStoreIsFilled) {
  find_and_fetch();
  take_archive_away();
  sources_.metadata = Metadata::none;
  const Kernels kernels = find_and_fetch();
  ASSERT_THAT(kernels, SizeIs(2));
  EXPECT_EQ(kernels[0]->origin, HeadersOrigin::store);
  EXPECT_EQ(kernels[0]->package_version, "1");
  EXPECT_EQ(kernels[0]->rules.image_packages.front(), "linux-image-{release}");
  EXPECT_EQ(open_headers(sources_, *kernels[0]).compiler, "gcc-12");
  EXPECT_TRUE(kernel_config(sources_, *kernels[0])->modules);
}

TEST_F(FetchHeaders, SaysWhatIsMissingWhenNothingMayBeFetched) {
  const Kernels kernels = find();
  sources_.metadata = Metadata::none;
  EXPECT_TRUE(find().empty());
  EXPECT_THAT(complaint([&] { fetch_headers(sources_, kernels, errands()); }),
              HasSubstr("is not in the header store, and nothing may be fetched [headers-absent]\n"
                        "  hint: kmpack flavors fetch, where there is a network"));
  EXPECT_THAT(complaint([&] { open_headers(sources_, *kernels.at(0)); }), HasSubstr("[headers-absent]"));
  EXPECT_THAT(complaint([&] { open_image(sources_, *kernels.at(0), errands()); }), HasSubstr("[image-absent]"));
}

TEST_F(FetchHeaders, NamesThePackageThatTheArchiveHasNotAnyMore) {
  const Kernels kernels = find();
  fs::remove(archive_.file_of(test::kernel_packages("7.0.9-small", "1").at(1)));
  EXPECT_THAT(complaint([&] { fetch_headers(sources_, kernels, errands()); }),
              testing::AllOf(HasSubstr("error: linux-headers-7.0.9-small-common 1 cannot be downloaded"),
                             HasSubstr("[download-failed]")));
  // What did arrive is kept: the next try has less to do.
  EXPECT_THAT(stored("packages"), SizeIs(4));
}

TEST_F(FetchHeaders, TakesTheArchivesLaterBuildOfAReleaseOnRefreshOnly) {
  find_and_fetch();
  archive_.clear();
  archive_.add_kernel("7.0.9-small", "2");
  archive_.publish();
  sources_.metadata = Metadata::stored;
  EXPECT_EQ(find().at(1)->package_version, "1");
  sources_.metadata = Metadata::refresh;
  const Kernels kernels = find_and_fetch();
  ASSERT_EQ(kernels.at(1)->package_version, "2");
  EXPECT_EQ(read_file(open_headers(sources_, *kernels[1]).tree / "scripts/mod/modpost"), "modpost 2");
  sources_.metadata = Metadata::none;
  EXPECT_EQ(find().at(1)->package_version, "2");
}

TEST_F(FetchHeaders, BringsTheImageForVerification) {
  const Kernels kernels = find_and_fetch();
  const ImageTree image = open_image(sources_, *kernels[1], errands());
  EXPECT_EQ(read_file(image.vmlinuz), "kernel");
  EXPECT_EQ(read_file(image.system_map), "map");
  EXPECT_TRUE(fs::exists(image.modules / "modules.builtin"));
  take_archive_away();
  sources_.metadata = Metadata::none;
  EXPECT_EQ(open_image(sources_, *find().at(1), errands()).vmlinuz, image.vmlinuz);
}

TEST_F(FetchHeaders, RefusesAnImagePackageWithoutAKernel) {
  archive_.clear();
  std::vector<test::TestPackage> packages = test::kernel_packages("7.0.9-small", "3");
  packages.at(3).files.erase(packages.at(3).files.begin());
  for (const test::TestPackage& package : packages) archive_.add(package);
  archive_.publish();
  sources_.metadata = Metadata::refresh;
  EXPECT_THAT(complaint([&] { open_image(sources_, *find().at(0), errands()); }), HasSubstr("[image-absent]"));
}

TEST_F(FetchHeaders, RefusesHeadersWithoutATree) {
  archive_.clear();
  std::vector<test::TestPackage> packages = test::kernel_packages("7.0.9-small", "3");
  packages.at(0).files.clear();
  for (const test::TestPackage& package : packages) archive_.add(package);
  archive_.publish();
  EXPECT_THAT(complaint([&] { find_and_fetch(); }), HasSubstr("[headers-unusable]"));
  EXPECT_THAT(stored("sets"), IsEmpty());
}

TEST_F(FetchHeaders, RepeatsARunFromItsLockWithoutMetadata) {
  const fs::path lock = archive_.directory() / "kmpack.lock";
  write_lock(lock, find());
  // A newer kernel does not matter to who has a lock.
  archive_.add_kernel("7.0.10-small");
  archive_.publish();
  sources_.cache = archive_.directory() / "cache2";
  Kernels locked = read_lock(lock, sources_, catalogues_, problems_);
  ASSERT_THAT(locked, SizeIs(2));
  fetch_headers(sources_, locked, errands());
  take_archive_away();
  sources_.metadata = Metadata::none;
  locked = read_lock(lock, sources_, catalogues_, problems_);
  EXPECT_EQ(locked.at(1)->origin, HeadersOrigin::store);
  EXPECT_EQ(open_headers(sources_, *locked.at(1)).tree.filename(), "linux-headers-7.0.9-small");
}

TEST_F(FetchHeaders, LocksWhatTheStoreHasExactlyAsWhatTheArchiveHas) {
  const fs::path lock = archive_.directory() / "kmpack.lock";
  write_lock(lock, find());
  const std::string from_archive = read_file(lock);
  find_and_fetch();
  sources_.metadata = Metadata::none;
  write_lock(lock, find());
  EXPECT_EQ(read_file(lock), from_archive);
}

TEST_F(FetchHeaders, PassesOverASetWhoseRecordIsDamaged) {
  find_and_fetch();
  for (const std::string& set : stored("sets")) write_file(sources_.cache / "headers/sets" / set / "record.json", "{");
  sources_.metadata = Metadata::none;
  EXPECT_TRUE(find().empty());
  sources_.metadata = Metadata::recent;
  EXPECT_THAT(find(), SizeIs(2));
}

}  // namespace
}  // namespace kmpack
