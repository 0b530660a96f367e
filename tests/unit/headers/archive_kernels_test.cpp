#include "headers/archive_kernels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kmpack/architecture.hpp"
#include "support/sample_catalogue.hpp"

namespace kmpack {
namespace {

using testing::ElementsAre;

AptPackage package(std::string name, std::string version, std::string arch, std::string depends = {}) {
  return {.name = name,
          .version = version,
          .arch = arch,
          .depends = std::move(depends),
          .url = "http://archive/" + name + "_" + version + "_" + arch + ".deb",
          .sha256 = std::string(64, 'a'),
          .size = 1};
}

std::string host() { return std::string(host_architecture().deb); }

std::vector<AptPackage> debian() {
  const std::string new_depends =
      "linux-headers-6.1.0-56-common (= 6.1.192-2), linux-kbuild-6.1 (>= 6.1.192-2), linux-compiler-gcc-12-x86";
  return {package("linux-headers-6.1.0-56-amd64", "6.1.192-2", "amd64", new_depends),
          package("linux-headers-6.1.0-56-amd64", "6.1.192-1", "amd64", "linux-headers-6.1.0-56-common (= 6.1.192-1)"),
          package("linux-headers-6.1.0-56-arm64", "6.1.192-2", "arm64", new_depends),
          package("linux-headers-6.1.0-56-common", "6.1.192-2", "all"),
          package("linux-headers-6.1.0-56-common", "6.1.192-1", "all"),
          package("linux-headers-amd64", "6.1.192-2", "amd64", "linux-headers-6.1.0-56-amd64 (= 6.1.192-2)"),
          package("linux-image-6.1.0-56-amd64", "6.1.192-2", "amd64"),
          package("linux-image-6.1.0-56-amd64-unsigned", "6.1.192-2", "amd64"),
          package("linux-kbuild-6.1", "6.1.192-2", host()),
          package("linux-kbuild-6.1", "6.1.176-1", host()),
          package("linux-kbuild-6.1", "6.1.192-2", "s390x")};
}

Kernels kernels_of(const std::vector<AptPackage>& packages) {
  const std::vector<Catalogue> catalogues{test::sample_catalogue()};
  return archive_kernels(packages, catalogues).kernels;
}

std::vector<std::string> parts(const Kernel& kernel) {
  std::vector<std::string> all;
  for (const ArchivePackage& part : kernel.packages) {
    all.push_back(part.name + " " + part.version + " " + part.arch + (part.role == ArchiveRole::image ? " image" : ""));
  }
  return all;
}

TEST(ArchiveKernels, FindsEachKernelWithTheExactPackagesItNeeds) {
  const Kernels kernels = kernels_of(debian());
  ASSERT_THAT(test::ids(kernels), ElementsAre("debian-12/amd64@6.1.0-56-amd64", "debian-12/arm64@6.1.0-56-arm64"));
  EXPECT_THAT(parts(*kernels[0]),
              ElementsAre("linux-headers-6.1.0-56-amd64 6.1.192-2 amd64", "linux-headers-6.1.0-56-common 6.1.192-2 all",
                          "linux-kbuild-6.1 6.1.192-2 " + host(), "linux-image-6.1.0-56-amd64 6.1.192-2 amd64 image"));
  EXPECT_EQ(kernels[0]->package_version, "6.1.192-2");
  EXPECT_EQ(kernels[0]->series, "6.1");
  EXPECT_EQ(kernels[0]->rules.meta_suffix, "amd64");
  EXPECT_EQ(kernels[0]->origin, HeadersOrigin::apt);
}

TEST(ArchiveKernels, TakesTheProgramsOfTheMachineThatBuildsForAForeignKernel) {
  const Kernels kernels = kernels_of(debian());
  ASSERT_EQ(kernels.size(), 2U);
  EXPECT_THAT(parts(*kernels[1]), testing::Contains("linux-kbuild-6.1 6.1.192-2 " + host()));
}

TEST(ArchiveKernels, TakesAnotherImageWhereTheFirstIsNotThere) {
  Catalogue catalogue = test::sample_catalogue();
  catalogue.rules.image_packages = {"linux-image-{release}-none", "linux-image-{release}-unsigned"};
  const std::vector<Catalogue> catalogues{catalogue};
  const Kernels kernels = archive_kernels(debian(), catalogues).kernels;
  EXPECT_EQ(kernels.at(0)->packages.back().name, "linux-image-6.1.0-56-amd64-unsigned");
}

TEST(ArchiveKernels, LeavesOutAKernelOfWhichAPartIsMissing) {
  std::vector<AptPackage> packages = debian();
  std::erase_if(packages, [](const AptPackage& one) { return one.arch == "all" && one.version == "6.1.192-2"; });
  const std::vector<Catalogue> catalogues{test::sample_catalogue()};
  const ArchiveKernels found = archive_kernels(packages, catalogues);
  EXPECT_TRUE(found.kernels.empty());
  ASSERT_EQ(found.incomplete.size(), 2U);
  EXPECT_EQ(found.incomplete[0].kernel.id(), "debian-12/amd64@6.1.0-56-amd64");
  EXPECT_EQ(found.incomplete[0].part, "linux-headers-6.1.0-56-common = 6.1.192-2 for " + host());
}

/// Two distributions that have one release, as Ubuntu 22.04's newest enablement kernels and 24.04's first ones are.
std::vector<Catalogue> two_with_one_release() {
  std::vector<Catalogue> both;
  for (const auto& [id, codename] : {std::pair("ubuntu-22.04", "jammy"), std::pair("ubuntu-24.04", "noble")}) {
    Catalogue one{.file = std::string(id) + ".xml", .id = id, .title = id};
    one.rules.image_packages = {"linux-image-{release}", "linux-image-unsigned-{release}"};
    one.series = {{.name = "6.8",
                   .releases = "6.5.0-*-{flavor} 6.8.0-*-{flavor}",
                   .headers = "linux-headers-{release}",
                   .parts = {"linux-headers-", "linux-*-headers-"},
                   .meta_suffix = "{flavor}"}};
    one.flavors = {{"generic", "amd64", {"6.8"}}, {"aws-64k", "amd64", {"6.8"}}, {"aws", "amd64", {"6.8"}}};
    one.archives = {{"Ubuntu", codename}};
    both.push_back(std::move(one));
  }
  return both;
}

AptPackage from(AptPackage package, std::string origin, std::string codename) {
  package.origin = std::move(origin);
  package.codename = std::move(codename);
  return package;
}

std::vector<AptPackage> ubuntu() {
  const std::string release = "6.8.0-57-generic";
  return {from(package("linux-headers-" + release, "6.8.0-57.59", "amd64", "linux-headers-6.8.0-57, libc6 (>= 2.38)"), "Ubuntu",
               "noble"),
          from(package("linux-headers-" + release, "6.8.0-57.59~22.04.1", "amd64", "linux-hwe-6.8-headers-6.8.0-57, libc6"),
               "Ubuntu", "jammy"),
          from(package("linux-headers-6.8.0-57", "6.8.0-57.59", "all"), "Ubuntu", "noble"),
          from(package("linux-headers-6.8.0-1003-aws-64k", "6.8.0-1003.3", "amd64", "linux-aws-headers-6.8.0-1003"), "Ubuntu",
               "noble"),
          from(package("linux-aws-headers-6.8.0-1003", "6.8.0-1003.3", "all"), "Ubuntu", "noble"),
          from(package("linux-headers-generic", "6.8.0-57.59", "amd64", "linux-headers-" + release), "Ubuntu", "noble"),
          from(package("linux-hwe-6.8-headers-6.8.0-57", "6.8.0-57.59~22.04.1", "all"), "Ubuntu", "jammy"),
          from(package("linux-image-unsigned-" + release, "6.8.0-57.59", "amd64"), "Ubuntu", "noble"),
          from(package("linux-image-unsigned-" + release, "6.8.0-57.59~22.04.1", "amd64"), "Ubuntu", "jammy")};
}

TEST(ArchiveKernels, BelongToTheDistributionInWhoseArchiveTheyAre) {
  const ArchiveKernels found = archive_kernels(ubuntu(), two_with_one_release());
  ASSERT_THAT(test::ids(found.kernels),
              ElementsAre("ubuntu-22.04/generic.amd64@6.8.0-57-generic", "ubuntu-24.04/aws-64k.amd64@6.8.0-1003-aws-64k",
                          "ubuntu-24.04/generic.amd64@6.8.0-57-generic"));
  EXPECT_THAT(parts(*found.kernels[0]), ElementsAre("linux-headers-6.8.0-57-generic 6.8.0-57.59~22.04.1 amd64",
                                                    "linux-hwe-6.8-headers-6.8.0-57 6.8.0-57.59~22.04.1 all",
                                                    "linux-image-unsigned-6.8.0-57-generic 6.8.0-57.59~22.04.1 amd64 image"));
  EXPECT_THAT(parts(*found.kernels[1]), ElementsAre("linux-headers-6.8.0-1003-aws-64k 6.8.0-1003.3 amd64",
                                                    "linux-aws-headers-6.8.0-1003 6.8.0-1003.3 all"));
  EXPECT_EQ(parts(*found.kernels[2]).at(1), "linux-headers-6.8.0-57 6.8.0-57.59 all");
  EXPECT_TRUE(found.incomplete.empty());
}

TEST(ArchiveKernels, HaveNoImageWhereItsModulesAreInAnotherPackage) {
  std::vector<AptPackage> packages = ubuntu();
  for (AptPackage& one : packages) {
    if (one.name.starts_with("linux-image-")) one.depends = "kmod, linux-modules-6.8.0-57-generic";
  }
  const ArchiveKernels found = archive_kernels(packages, two_with_one_release());
  for (const auto& kernel : found.kernels)
    EXPECT_THAT(kernel->packages, testing::Each(testing::Field(&ArchivePackage::role, ArchiveRole::headers))) << kernel->id();
}

TEST(ArchiveKernels, OfAnArchiveOfOnesOwnBelongToTheFirstThatKnowsThem) {
  std::vector<AptPackage> packages = ubuntu();
  for (AptPackage& one : packages) one = from(one, "Example mirror", "stable");
  const ArchiveKernels found = archive_kernels(packages, two_with_one_release());
  EXPECT_THAT(test::ids(found.kernels),
              ElementsAre("ubuntu-22.04/aws-64k.amd64@6.8.0-1003-aws-64k", "ubuntu-22.04/generic.amd64@6.8.0-57-generic"));
}

TEST(ArchiveKernels, TakePartsFromTheArchiveTheirHeadersAreIn) {
  std::vector<AptPackage> packages = debian();
  for (AptPackage& one : packages)
    one = from(one, "Debian", one.name == "linux-kbuild-6.1" && one.version == "6.1.192-2" ? "bookworm-security" : "bookworm");
  EXPECT_THAT(parts(*kernels_of(packages).at(0)), testing::Contains("linux-kbuild-6.1 6.1.176-1 " + host()));
}

TEST(ArchiveKernels, EndsWhenPackagesNeedEachOther) {
  std::vector<AptPackage> packages = debian();
  for (AptPackage& one : packages) {
    if (one.name.ends_with("-common")) one.depends = "linux-headers-6.1.0-56-amd64, linux-headers-6.1.0-56-common";
  }
  EXPECT_EQ(kernels_of(packages).size(), 2U);
}

TEST(ArchiveKernels, ReadsDependenciesAsDpkgWritesThem) {
  std::vector<AptPackage> packages = debian();
  packages[0].depends = " linux-headers-6.1.0-56-common:any (=6.1.192-1)|other , , linux-kbuild-6.1";
  const Kernels kernels = kernels_of(packages);
  EXPECT_THAT(parts(*kernels.at(0)), testing::Contains("linux-headers-6.1.0-56-common 6.1.192-1 all"));
}

TEST(InterestingPrefixes, AreTheNamesOfHeadersTheirPartsAndImages) {
  const std::vector<Catalogue> catalogues{test::sample_catalogue()};
  EXPECT_THAT(interesting_prefixes(catalogues), ElementsAre("linux-headers-", "linux-image-", "linux-kbuild-"));
}

}  // namespace
}  // namespace kmpack
