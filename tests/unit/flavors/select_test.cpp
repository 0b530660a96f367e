#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "kmpack/architecture.hpp"
#include "support/sample_catalogue.hpp"

namespace kmpack {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Kernels archive() {
  Kernels kernels;
  for (const char* flavor : {"amd64", "rt-amd64"}) {
    for (const char* abi : {"6.1.0-9-", "6.1.0-56-", "6.12.9+deb12-", "6.12.117+deb12-"}) {
      kernels.push_back(test::kernel(flavor, "amd64", std::string(abi) + flavor));
    }
  }
  kernels.push_back(test::kernel("arm64", "arm64", "6.1.0-56-arm64"));
  kernels.push_back(test::kernel("686-pae", "i386", "6.1.0-56-686-pae"));
  std::ranges::reverse(kernels);
  return kernels;
}

struct Selected {
  std::vector<std::string> ids;
  std::vector<std::string> problems;
};

Selected select(std::vector<std::string> texts) {
  Diagnostics problems;
  std::vector<FlavorPattern> patterns;
  for (const std::string& text : texts) patterns.push_back(parse_flavor_pattern(text, {}, problems).value());
  const std::vector<Catalogue> catalogues{test::sample_catalogue()};
  const Kernels kernels = select_kernels(patterns, catalogues, archive(), problems);
  Selected selected{test::ids(kernels), {}};
  for (const Diagnostic& problem : problems.all()) selected.problems.push_back(to_text(problem));
  return selected;
}

class SelectKernels : public testing::Test {
 protected:
  void SetUp() override {
    if (host_architecture().machine != "x86_64") GTEST_SKIP() << "the expected choices are those of an x86_64 machine";
  }
};

TEST_F(SelectKernels, TakesTheNewestOfEverySeriesWhenNoReleaseIsNamed) {
  const Selected selected = select({"debian-12/amd64"});
  EXPECT_THAT(selected.ids, ElementsAre("debian-12/amd64@6.1.0-56-amd64", "debian-12/amd64@6.12.117+deb12-amd64"));
  EXPECT_THAT(selected.problems, IsEmpty());
}

TEST_F(SelectKernels, TakesTheNewestOfASeriesByItsName) {
  EXPECT_THAT(select({"debian-12/*@6.12"}).ids,
              ElementsAre("debian-12/amd64@6.12.117+deb12-amd64", "debian-12/rt-amd64@6.12.117+deb12-rt-amd64"));
}

TEST_F(SelectKernels, TakesEveryReleaseThatAGlobMatchesOldestFirst) {
  EXPECT_THAT(select({"debian-12/amd64@6.1.*"}).ids,
              ElementsAre("debian-12/amd64@6.1.0-9-amd64", "debian-12/amd64@6.1.0-56-amd64"));
  EXPECT_EQ(select({"debian-12/amd64@*"}).ids.size(), 4U);
  EXPECT_THAT(select({"debian-12/amd64@6.1.0-9-amd64"}).ids, ElementsAre("debian-12/amd64@6.1.0-9-amd64"));
}

TEST_F(SelectKernels, MeansThisMachineUnlessTheFlavorSaysAnother) {
  EXPECT_THAT(select({"debian-12/*@6.1"}).ids,
              ElementsAre("debian-12/amd64@6.1.0-56-amd64", "debian-12/rt-amd64@6.1.0-56-rt-amd64"));
  EXPECT_THAT(select({"debian-12/arm64"}).ids, ElementsAre("debian-12/arm64@6.1.0-56-arm64"));
  EXPECT_THAT(select({"debian-12/*arm64"}).ids, ElementsAre("debian-12/arm64@6.1.0-56-arm64"));
  EXPECT_THAT(select({"debian-12/686-pae"}).ids, ElementsAre("debian-12/686-pae.i386@6.1.0-56-686-pae"));
  EXPECT_THAT(select({"debian-12/*.aarch64"}).ids, ElementsAre("debian-12/arm64@6.1.0-56-arm64"));
  EXPECT_EQ(select({"debian-12/*.*@6.1"}).ids.size(), 4U);
}

TEST_F(SelectKernels, TakesAKernelThatTwoPatternsMeanOnce) {
  EXPECT_EQ(select({"debian-12/amd64", "debian-*/amd64", "debian-12/amd64@6.12"}).ids.size(), 2U);
}

TEST_F(SelectKernels, SuggestsTheFlavorThatWasProbablyMeant) {
  EXPECT_THAT(select({"debian-12/rt-amd46"}).problems,
              ElementsAre("error: no catalogue has the flavor 'debian-12/rt-amd46' [flavor-unknown]\n"
                          "  hint: did you mean 'debian-12/rt-amd64'?"));
  EXPECT_THAT(select({"nothing-9/*"}).problems, ElementsAre("error: no catalogue has the flavor 'nothing-9/*' [flavor-unknown]\n"
                                                            "  hint: kmpack flavors lists those that are known"));
}

TEST_F(SelectKernels, SaysSoWhenACataloguedFlavorHasNoKernel) {
  EXPECT_THAT(select({"debian-12/cloud-amd64", "debian-12/amd64@6.1"}).problems,
              ElementsAre("error: no kernel of debian-12/cloud-amd64 is available [flavor-absent]\n"
                          "  hint: kmpack flavors fetch 'debian-12/cloud-amd64'"));
}

TEST_F(SelectKernels, IsContentWithAWildcardOfWhichOneFlavorHasKernels) {
  EXPECT_THAT(select({"debian-12/*amd64"}).problems, IsEmpty());
}

TEST_F(SelectKernels, NamesWhatIsThereWhenTheReleaseIsNot) {
  EXPECT_THAT(select({"debian-12/amd64@6.1.0-58-amd64"}).problems,
              ElementsAre("error: no kernel available matches 'debian-12/amd64@6.1.0-58-amd64' [kernel-absent]\n"
                          "  hint: did you mean '6.1.0-56-amd64'?"));
  EXPECT_THAT(select({"debian-12/arm64@6.12"}).problems.at(0),
              testing::HasSubstr("no kernel available matches 'debian-12/arm64@6.12' [kernel-absent]"));
}

TEST_F(SelectKernels, PointsAtTheLineOfThePattern) {
  Diagnostics problems;
  const std::vector<FlavorPattern> patterns{parse_flavor_pattern("debian-12/nope", {"kmpack.xml", 7, 3}, problems).value()};
  const std::vector<Catalogue> catalogues{test::sample_catalogue()};
  select_kernels(patterns, catalogues, archive(), problems);
  ASSERT_EQ(problems.all().size(), 1U);
  EXPECT_EQ(problems.all()[0].where->line, 7U);
}

TEST_F(SelectKernels, FindsATreeThatNoCatalogueKnows) {
  Kernel given{
      .flavor = {"given", "6.6.6-mine", "amd64"}, .release = KernelRelease("6.6.6-mine"), .origin = HeadersOrigin::given};
  Diagnostics problems;
  const std::vector<FlavorPattern> patterns{parse_flavor_pattern("given/*", {}, problems).value()};
  const Kernels available{std::make_shared<const Kernel>(given)};
  EXPECT_THAT(test::ids(select_kernels(patterns, {}, available, problems)), ElementsAre("given/6.6.6-mine.amd64@6.6.6-mine"));
  EXPECT_TRUE(problems.ok());
}

TEST_F(SelectKernels, KnowsForWhichArchitecturesMetadataIsNeeded) {
  Diagnostics problems;
  const std::vector<Catalogue> catalogues{test::sample_catalogue()};
  const std::vector<FlavorPattern> patterns{parse_flavor_pattern("debian-12/arm64", {}, problems).value(),
                                            parse_flavor_pattern("debian-12/*", {}, problems).value()};
  EXPECT_THAT(wanted_architectures(patterns, catalogues), ElementsAre("amd64", "arm64"));
}

}  // namespace
}  // namespace kmpack
