#include "headers/local_packages.hpp"
#include "headers/lock.hpp"
#include "integration/headers/rpm_fixture.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class RpmKernels : public test::RpmFixture {
 protected:
  static constexpr const char* kDefault = "tiny-suse/default@6.4.0-150600.23.7-default";
};

TEST_F(RpmKernels, FindsEveryReleaseOfWhatIsMeantAndNothingElse) {
  EXPECT_THAT(ids(find({"tiny-suse/default"})), ElementsAre("tiny-suse/default.x86_64@6.4.0-150600.23.7-default",
                                                            "tiny-suse/default.x86_64@6.4.0-150600.23.14-default"));
  EXPECT_THAT(told(), IsEmpty());
  // The other distribution was not asked for, so its repository was not touched.
  std::size_t repositories = 0;
  for (const auto& entry : fs::directory_iterator(sources_.cache / "rpm-md"))
    repositories += entry.path().filename().string().size() == 64;
  EXPECT_EQ(repositories, 1U);
}

TEST_F(RpmKernels, KnowsEveryDistributionsNamesOfHeaders) {
  EXPECT_THAT(ids(select({"tiny-el/*"})),
              UnorderedElementsAre(
                  "tiny-el/amazon.x86_64@6.12.40-63.114.amzn2023.x86_64", "tiny-el/bare.x86_64@5.14.0-503.14.1.el9_5.x86_64+bare",
                  "tiny-el/default.x86_64@5.14.0-503.14.1.el9_5.x86_64", "tiny-el/liar.x86_64@5.14.0-503.14.1.el9_5.x86_64+liar",
                  "tiny-el/packed.x86_64@5.14.0-503.14.1.el9_5.x86_64+packed",
                  "tiny-el/rt.x86_64@5.14.0-503.14.1.el9_5.x86_64+rt", "tiny-el/uek.x86_64@5.15.0-300.1.el9uek.x86_64"));
}

TEST_F(RpmKernels, TakesTheNewestRebuildOfAReleaseWithTheSourcesOfThatVersion) {
  const Kernels kernels = select({"tiny-suse/default@6.4.0-150600.23.7-default"});
  ASSERT_EQ(kernels.size(), 1U);
  const Kernel& kernel = *kernels.front();
  EXPECT_EQ(kernel.package_version, "6.4.0-150600.23.7.3");
  ASSERT_EQ(kernel.packages.size(), 2U);
  EXPECT_EQ(kernel.packages.at(0).name, "kernel-default-devel");
  EXPECT_EQ(kernel.packages.at(1).name, "kernel-devel");
  EXPECT_EQ(kernel.packages.at(1).version, "6.4.0-150600.23.7.3");
  EXPECT_EQ(kernel.packages.at(1).arch, "noarch");
}

TEST_F(RpmKernels, PutsBothHalvesOfSusesHeadersIntoOneTree) {
  const Kernels kernels = select({kDefault});
  fetch_headers(sources_, kernels, errands());
  const HeaderTree headers = open_headers(sources_, *kernels.at(0));
  EXPECT_TRUE(headers.tree.string().ends_with("root/usr/src/linux-6.4.0-150600.23.7-obj/x86_64/default")) << headers.tree;
  EXPECT_EQ(headers.makefile, "");
  EXPECT_EQ(headers.compiler, "gcc-12");
  EXPECT_TRUE(fs::exists(headers.tree / "../../../linux-6.4.0-150600.23.7/Makefile"));
  EXPECT_EQ(headers.root, headers.tree.parent_path().parent_path().parent_path().parent_path().parent_path());
}

TEST_F(RpmKernels, KeepsManyReleasesBesideEachOther) {
  sources_.metadata = Metadata::recent;
  const Kernels kernels = select({"tiny-suse/default@*", "tiny-el/default@*", "tiny-el/rt", "tiny-el/uek"});
  ASSERT_EQ(kernels.size(), 6U);
  fetch_headers(sources_, kernels, errands());
  for (const auto& kernel : kernels) {
    const HeaderTree headers = open_headers(sources_, *kernel);
    EXPECT_TRUE(fs::exists(headers.symvers)) << kernel->id();
    // Nobody but the owner of the cache was needed, and nobody may write to what was verified.
    EXPECT_EQ(fs::status(headers.tree / ".config").permissions() & fs::perms::owner_write, fs::perms::none);
  }
}

TEST_F(RpmKernels, UnpacksSymbolsThatThereAreOnlyCompressed) {
  const Kernels kernels = select({"tiny-el/packed"});
  fetch_headers(sources_, kernels, errands());
  EXPECT_EQ(read_file(open_headers(sources_, *kernels.at(0)).symvers), "0x12345678\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n");
}

TEST_F(RpmKernels, RefusesHeadersWithoutSymbols) {
  const Kernels kernels = select({"tiny-el/bare"});
  EXPECT_THAT(complaint([&] { fetch_headers(sources_, kernels, errands()); }),
              AllOf(HasSubstr("tiny-el/bare.x86_64@5.14.0-503.14.1.el9_5.x86_64+bare hold no tree with Module.symvers"),
                    HasSubstr("[headers-unusable]")));
}

TEST_F(RpmKernels, RefusesATreeThatIsOfAnotherReleaseThanThePackageSays) {
  const Kernels kernels = select({"tiny-el/liar"});
  EXPECT_THAT(complaint([&] { fetch_headers(sources_, kernels, errands()); }),
              HasSubstr("error: kernel-liar-devel 5.14.0-503.14.1.el9_5 holds the headers of 5.14.0-1.el9.x86_64+liar, where "
                        "5.14.0-503.14.1.el9_5.x86_64+liar is expected [headers-unusable]"));
  EXPECT_FALSE(has_headers(sources_, *kernels.at(0)));
}

TEST_F(RpmKernels, NamesTheFlavorWhoseHeadersAreNotThere) {
  select({"tiny-el/absent"});
  // One that is there, but needs a package that is not.
  select({"tiny-suse/rt"});
  EXPECT_THAT(told(), ElementsAre(HasSubstr("error: no kernel of tiny-el/absent.x86_64 is available [flavor-absent]"),
                                  HasSubstr("error: no kernel of tiny-suse/rt.x86_64 is available [flavor-absent]")));
}

TEST_F(RpmKernels, WorksFromTheStoreWithoutRepositories) {
  fetch_headers(sources_, select({kDefault}), errands());
  fs::remove_all(directory_.path() / "suse");
  sources_.metadata = Metadata::none;
  const Kernels kernels = select({kDefault});
  ASSERT_EQ(kernels.size(), 1U);
  EXPECT_EQ(kernels.at(0)->origin, HeadersOrigin::store);
  EXPECT_TRUE(fs::exists(open_headers(sources_, *kernels.at(0)).tree));
}

TEST_F(RpmKernels, StaysFreshWithoutAskingAgain) {
  find({"tiny-suse/default"});
  fs::remove_all(directory_.path() / "suse");
  EXPECT_EQ(find({"tiny-suse/default"}).size(), 2U);
  sources_.metadata = Metadata::stored;
  EXPECT_EQ(find({}).size(), 2U);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(RpmKernels, KeepsWhatItKnewWhenARepositoryIsGone) {
  find({"tiny-suse/default"});
  fs::remove_all(directory_.path() / "suse");
  sources_.metadata = Metadata::refresh;
  EXPECT_EQ(find({"tiny-suse/default"}).size(), 2U);
  EXPECT_THAT(told(), ElementsAre(AllOf(HasSubstr("warning: the repository file://"), HasSubstr("[archive-unreachable]"))));
}

TEST_F(RpmKernels, SaysHowItsChildEndedWithoutAnAnswer) {
  sources_.program = "/bin/false";
  EXPECT_THAT(complaint([&] { find({"tiny-suse/default"}); }),
              HasSubstr("error: kmpack's rpm-md child ended with exit status 1 [rpm-md-failed]"));
}

TEST_F(RpmKernels, MakesADamagedSnapshotAnew) {
  find({"tiny-suse/default"});
  for (const auto& entry : fs::directory_iterator(sources_.cache / "rpm-md")) {
    if (fs::exists(entry.path() / "index.json")) write_file(entry.path() / "index.json", "{");
  }
  sources_.metadata = Metadata::stored;
  EXPECT_EQ(find({"tiny-suse/default"}).size(), 2U);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(RpmKernels, CanBeLockedAndFetchedFromTheLock) {
  const fs::path lock = directory_.path() / "kmpack.lock";
  write_lock(lock, select({kDefault, "tiny-el/rt"}));
  fs::remove_all(sources_.cache);
  const Kernels kernels = read_lock(lock, sources_, catalogues_, problems_);
  ASSERT_EQ(kernels.size(), 2U);
  EXPECT_EQ(kernels.at(0)->origin, HeadersOrigin::rpm_md);
  fetch_headers(sources_, kernels, errands());
  EXPECT_TRUE(has_headers(sources_, *kernels.at(1)));
  // Again without any network.
  sources_.metadata = Metadata::none;
  EXPECT_EQ(read_lock(lock, sources_, catalogues_, problems_).at(0)->origin, HeadersOrigin::store);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(RpmKernels, TakesPackagesFromThisDisk) {
  const std::vector<fs::path> files{rpm("suse/kernel-default-devel-6.4.0-150600.23.7.3.x86_64"),
                                    rpm("suse/kernel-devel-6.4.0-150600.23.7.3.noarch"),
                                    rpm("el/kernel-rt-devel-5.14.0-503.14.1.el9_5.x86_64")};
  const Kernels kernels = local_kernels(files, catalogues_, {}, problems_);
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_THAT(ids(kernels), UnorderedElementsAre("tiny-suse/default.x86_64@6.4.0-150600.23.7-default",
                                                 "tiny-el/rt.x86_64@5.14.0-503.14.1.el9_5.x86_64+rt"));
  fetch_headers(sources_, kernels, errands());
  // From now on it is a kernel like others.
  sources_.metadata = Metadata::none;
  EXPECT_EQ(select({kDefault, "tiny-el/rt"}).size(), 2U);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(RpmKernels, SaysWhatALocalPackageLacks) {
  const std::vector<fs::path> half{rpm("suse/kernel-default-devel-6.4.0-150600.23.7.3.x86_64"),
                                   rpm("suse/kernel-devel-6.4.0-150600.23.7.1.noarch")};
  EXPECT_THAT(local_kernels(half, catalogues_, {}, problems_), IsEmpty());
  EXPECT_THAT(
      told(),
      ElementsAre(
          "error: kernel-default-devel 6.4.0-150600.23.7.3 needs kernel-devel = 6.4.0-150600.23.7.3, which is not among the "
          "packages given [headers-unusable]\n  hint: name that package with --package, too"));
}

TEST_F(RpmKernels, RefusesALocalPackageOfNoKernelThatIsMeant) {
  const std::vector<fs::path> files{rpm("el/kernel-rt-devel-5.14.0-503.14.1.el9_5.x86_64")};
  EXPECT_THAT(local_kernels(files, catalogues_, patterns({"tiny-suse/*"}), problems_), IsEmpty());
  EXPECT_THAT(told(), ElementsAre(HasSubstr(
                          "kernel-rt-devel 5.14.0-503.14.1.el9_5 for x86_64 holds the headers of no kernel that a catalogue "
                          "that the patterns mean knows [package-foreign]")));
}

TEST_F(RpmKernels, RefusesALocalFileThatIsDamagedOrNoPackage) {
  const fs::path file = rpm("el/kernel-rt-devel-5.14.0-503.14.1.el9_5.x86_64");
  std::string bytes = read_file(file);
  bytes[bytes.size() - 20] ^= 1;
  write_file(file, bytes);
  const fs::path rubbish = directory_.path() / "rubbish.rpm";
  write_file(rubbish, "rubbish");
  const std::vector<fs::path> files{file, rubbish};
  EXPECT_THAT(local_kernels(files, catalogues_, {}, problems_), IsEmpty());
  EXPECT_THAT(told(), ElementsAre(HasSubstr("[rpm-digest-wrong]"), HasSubstr("[rpm-unreadable]")));
}

TEST_F(RpmKernels, FindsTreesOfAnInstalledRoot) {
  const fs::path root = directory_.path() / "root";
  fetch_headers(sources_, select({kDefault, "tiny-el/default"}), errands());
  for (const auto& set : fs::directory_iterator(sources_.cache / "headers/sets"))
    copy_tree(set.path() / "root/usr/src", root / "usr/src" / ".");
  HeaderSources installed = sources_;
  installed.cache = directory_.path() / "other";
  installed.metadata = Metadata::none;
  installed.root = root;
  const Kernels kernels = find_kernels(installed, catalogues_, {}, errands(), problems_);
  EXPECT_THAT(ids(kernels), UnorderedElementsAre("tiny-suse/default.x86_64@6.4.0-150600.23.7-default",
                                                 "tiny-el/default.x86_64@5.14.0-503.14.1.el9_5.x86_64"));
  for (const auto& kernel : kernels) EXPECT_EQ(open_headers(installed, *kernel).root, root) << kernel->id();
}

}  // namespace
}  // namespace kmpack
