#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headers/find.hpp"
#include "headers/tree.hpp"
#include "support/fake_runner.hpp"
#include "support/header_trees.hpp"
#include "support/sample_catalogue.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::ElementsAre;

class FindKernels : public testing::Test {
 protected:
  FindKernels() {
    sources_.root = directory_.path() / "root";
    sources_.cache = directory_.path() / "cache";
    sources_.metadata = Metadata::none;
    make_directories(sources_.root);
  }

  Kernels find() {
    const std::vector<Catalogue> catalogues{test::sample_catalogue()};
    test::FakeRunner runner;
    const Kernels kernels = find_kernels(sources_, catalogues, {}, {.runner = runner, .stop = {}, .say = {}}, problems_);
    EXPECT_TRUE(runner.commands().empty());
    return kernels;
  }

  TempDir directory_;
  HeaderSources sources_;
  Diagnostics problems_;
};

TEST_F(FindKernels, FindsInstalledTreesOnceHoweverManyNamesTheyHave) {
  const fs::path tree = test::make_debian_tree(sources_.root, "6.1.0-56-rt-amd64");
  make_directories(sources_.root / "lib/modules/6.1.0-56-rt-amd64");
  fs::create_directory_symlink("/usr/src/linux-headers-6.1.0-56-rt-amd64", sources_.root / "lib/modules/6.1.0-56-rt-amd64/build");
  const Kernels kernels = find();
  ASSERT_THAT(test::ids(kernels), ElementsAre("debian-12/rt-amd64@6.1.0-56-rt-amd64"));
  EXPECT_EQ(kernels[0]->tree, tree);
  EXPECT_EQ(kernels[0]->root, sources_.root);
  EXPECT_EQ(kernels[0]->origin, HeadersOrigin::installed);
  EXPECT_EQ(kernels[0]->series, "6.1");
}

TEST_F(FindKernels, CallsInstalledTreesGivenThatNoCatalogueKnows) {
  // As `make bindeb-pkg` installs them.
  test::make_debian_tree(sources_.root, "6.9.9-homemade");
  const Kernels kernels = find();
  ASSERT_EQ(kernels.size(), 1U);
  EXPECT_EQ(kernels[0]->flavor.distribution, "given");
  EXPECT_EQ(kernels[0]->flavor.flavor, "6.9.9-homemade");
  EXPECT_EQ(kernels[0]->origin, HeadersOrigin::installed);
  // A flavor meta would have the name of the modules' package.
  EXPECT_EQ(kernels[0]->rules.meta_suffix, "");
  EXPECT_TRUE(problems_.all().empty());
}

TEST_F(FindKernels, BelongToTheDistributionThatIsInstalled) {
  test::make_debian_tree(sources_.root, "6.1.0-56-amd64");
  Catalogue other = test::sample_catalogue();
  other.id = "zebra-1";
  const std::vector<Catalogue> catalogues{test::sample_catalogue(), other};
  test::FakeRunner runner;
  const Errands errands{.runner = runner, .stop = {}, .say = {}};
  const auto ids = [&] { return test::ids(find_kernels(sources_, catalogues, {}, errands, problems_)); };
  EXPECT_THAT(ids(), ElementsAre("debian-12/amd64@6.1.0-56-amd64"));
  write_file(sources_.root / "usr/lib/os-release", "NAME=Zebra\nVERSION_ID='1'\nID=\"zebra\"\n");
  EXPECT_THAT(ids(), ElementsAre("zebra-1/amd64@6.1.0-56-amd64"));
  write_file(sources_.root / "etc/os-release", "ID=quagga\n");
  EXPECT_THAT(ids(), ElementsAre("debian-12/amd64@6.1.0-56-amd64"));
}

TEST_F(FindKernels, PrefersATreeThatWasGivenToAnInstalledOne) {
  test::make_debian_tree(sources_.root, "6.1.0-56-amd64");
  const fs::path mine = test::make_debian_tree(directory_.path() / "mine", "6.1.0-56-amd64");
  sources_.given = {mine};
  const Kernels kernels = find();
  ASSERT_EQ(kernels.size(), 1U);
  EXPECT_EQ(kernels[0]->tree, mine);
  EXPECT_EQ(kernels[0]->origin, HeadersOrigin::given);
  EXPECT_EQ(kernels[0]->root, directory_.path() / "mine");
}

TEST_F(FindKernels, TakesAllTreesOfAGivenRoot) {
  test::make_debian_tree(directory_.path() / "mine", "6.1.0-56-amd64");
  test::make_debian_tree(directory_.path() / "mine2", "6.12.117+deb12-amd64");
  sources_.given = {directory_.path() / "mine", directory_.path() / "mine2"};
  EXPECT_THAT(test::ids(find()), ElementsAre("debian-12/amd64@6.1.0-56-amd64", "debian-12/amd64@6.12.117+deb12-amd64"));
}

TEST_F(FindKernels, GivesAnUnknownTreeThatTheUserNamedAFlavorOfItsOwn) {
  sources_.given = {test::make_debian_tree(directory_.path(), "6.9.9-homemade")};
  const Kernels kernels = find();
  EXPECT_THAT(test::ids(kernels), ElementsAre("given/6.9.9-homemade.amd64@6.9.9-homemade"));
  EXPECT_EQ(kernels.at(0)->rules.meta_suffix, "");
}

TEST_F(FindKernels, ReportsAGivenDirectoryThatIsNoTree) {
  sources_.given = {directory_.path() / "absent", sources_.root};
  EXPECT_TRUE(find().empty());
  ASSERT_EQ(problems_.all().size(), 2U);
  EXPECT_EQ(problems_.all()[0].code, "headers-unusable");
  EXPECT_THAT(problems_.all()[1].message, testing::HasSubstr(sources_.root.string()));
}

TEST_F(FindKernels, DoesNotBelieveAReleaseThatWouldLeadOutOfItsPlace) {
  const fs::path tree = test::make_debian_tree(directory_.path(), "6.1.0-56-amd64");
  write_file(tree / "include/generated/utsrelease.h", "#define UTS_RELEASE \"../../etc\"\n");
  EXPECT_EQ(release_of_tree(tree), std::nullopt);
  write_file(tree / "include/generated/utsrelease.h", "#define UTS_RELEASE \"6.1");
  EXPECT_EQ(release_of_tree(tree), std::nullopt);
}

}  // namespace
}  // namespace kmpack
