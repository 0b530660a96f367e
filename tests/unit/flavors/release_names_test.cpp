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

TEST(ReleaseNames, TakesEachOfSeveralPatterns) {
  Catalogue catalogue = test::sample_catalogue();
  catalogue.series[1].releases = "6.12.*+deb12*-{flavor} 6.12.*+unreleased-{flavor}";
  const std::vector<Catalogue> catalogues{catalogue};
  const ReleaseNames names(catalogues);
  EXPECT_EQ(names.find("6.12.117+unreleased-rt-amd64").id().text(), "debian-12/rt-amd64");
  EXPECT_EQ(names.find("6.12.117+deb12-rt-amd64").id().text(), "debian-12/rt-amd64");
  EXPECT_EQ(names.find("6.12.117+other-rt-amd64").catalogue, nullptr);
}

TEST(ReleaseNames, PrefersACatalogueThatOtherSignsSpeakFor) {
  std::vector<Catalogue> catalogues{test::sample_catalogue(), test::sample_catalogue()};
  catalogues[1].id = "zebra-1";
  catalogues[1].series[1].releases = "6.12.*+deb12*-rt-*";
  const ReleaseNames names(catalogues);
  const auto zebra = [](const Catalogue& catalogue) { return catalogue.id == "zebra-1"; };
  EXPECT_EQ(names.find("6.1.0-56-amd64", {}, zebra).id().text(), "zebra-1/amd64");
  EXPECT_EQ(names.find("6.1.0-56-amd64").id().text(), "debian-12/amd64");
  // Of the rules whose ending has a wildcard, too.
  EXPECT_EQ(names.find("6.12.7+deb12-rt-amd64", {}, zebra).catalogue->id, "zebra-1");
  // And where the preferred one does not know it, whoever does.
  EXPECT_EQ(names.find("6.12.7+deb12-cloud-amd64", {}, zebra).id().text(), "debian-12/cloud-amd64");
}

TEST(CatalogueArchives, AreKnownByWordsOfTheirOriginAndCodename) {
  Catalogue catalogue = test::sample_catalogue();
  catalogue.archives = {{"Debian", "bookworm"}};
  EXPECT_TRUE(catalogue.is_own_archive("Debian", "bookworm"));
  EXPECT_TRUE(catalogue.is_own_archive("Debian", "bookworm-security"));
  EXPECT_TRUE(catalogue.is_own_archive("Debian Backports", "bookworm-backports"));
  EXPECT_FALSE(catalogue.is_own_archive("Debian", "trixie"));
  EXPECT_FALSE(catalogue.is_own_archive("Debianish", "bookworm"));
  EXPECT_FALSE(catalogue.is_own_archive("Debian", "bookwormy"));
  EXPECT_FALSE(catalogue.is_own_archive("", ""));
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
