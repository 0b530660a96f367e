#include <gtest/gtest.h>

#include "support/sample_catalogue.hpp"

namespace kmpack {
namespace {

std::string found(std::string_view release, std::string_view arch = {}) {
  const std::vector<Catalogue> catalogues{test::sample_catalogue()};
  const CatalogueEntry entry = ReleaseNames(catalogues).find(release, arch);
  return entry.catalogue == nullptr ? "nothing" : entry.id().text() + " of " + entry.series->name;
}

TEST(ReleaseNames, KnowsFlavorsWithDashesInTheirNames) {
  EXPECT_EQ(found("6.1.0-56-amd64"), "debian-12/amd64 of 6.1");
  EXPECT_EQ(found("6.1.0-56-rt-amd64"), "debian-12/rt-amd64 of 6.1");
  EXPECT_EQ(found("6.1.0-56-cloud-amd64"), "debian-12/cloud-amd64 of 6.1");
  EXPECT_EQ(found("6.1.0-56-686-pae"), "debian-12/686-pae.i386 of 6.1");
}

TEST(ReleaseNames, KnowsSeriesThatNameTheWholeUpstreamVersion) {
  EXPECT_EQ(found("6.12.117+deb12-rt-amd64"), "debian-12/rt-amd64 of 6.12");
  EXPECT_EQ(found("6.12.115+deb12.1-amd64"), "debian-12/amd64 of 6.12");
}

TEST(ReleaseNames, LeavesReleasesOfOthersAlone) {
  EXPECT_EQ(found("6.12.117+deb13-amd64"), "nothing");
  EXPECT_EQ(found("6.1.0-56-common"), "nothing");
  EXPECT_EQ(found("6.1.0-56-common-rt"), "nothing");
  EXPECT_EQ(found("6.1.0-rpi4-rpi-v8"), "nothing");
  EXPECT_EQ(found("6.1.0-56-unknown-amd64"), "nothing");
  EXPECT_EQ(found(""), "nothing");
}

TEST(ReleaseNames, TakesOnlyFlavorsOfTheArchitectureThatIsKnown) {
  EXPECT_EQ(found("6.1.0-56-amd64", "x86_64"), "debian-12/amd64 of 6.1");
  EXPECT_EQ(found("6.1.0-56-amd64", "arm64"), "nothing");
}

TEST(ReleaseNames, TellsOneFlavorNameOfTwoArchitecturesApart) {
  Catalogue leap{.file = "leap.xml", .id = "opensuse-leap-15.6", .title = "Leap"};
  leap.series = {
      {.name = "6.4", .releases = "6.4.0-*-{flavor}", .headers = "kernel-{release}", .parts = {}, .meta_suffix = "{flavor}"}};
  leap.flavors = {{"default", "x86_64", {"6.4"}}, {"default", "aarch64", {"6.4"}}};
  const std::vector<Catalogue> catalogues{leap};
  const ReleaseNames names(catalogues);
  EXPECT_EQ(names.find("6.4.0-150600.21-default", "arm64").id().text(), "opensuse-leap-15.6/default.aarch64");
  EXPECT_EQ(names.find("6.4.0-150600.21-default", "amd64").id().text(), "opensuse-leap-15.6/default.x86_64");
}

}  // namespace
}  // namespace kmpack
