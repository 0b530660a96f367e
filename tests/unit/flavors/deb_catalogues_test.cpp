#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "flavors/catalogue.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::ElementsAre;

/// The catalogues that come with this program, of Debian and its relatives.
class DebCatalogues : public testing::Test {
 protected:
  DebCatalogues() {
    const std::vector<fs::path> directories{fs::path(KMPACK_SOURCE_DIR) / "flavors"};
    Diagnostics problems;
    all_ = read_catalogues(directories, problems);
    EXPECT_TRUE(problems.ok()) << (problems.ok() ? "" : to_text(problems.all().front()));
  }

  [[nodiscard]] const Catalogue& catalogue(std::string_view id) const {
    const auto found = std::ranges::find(all_, id, &Catalogue::id);
    if (found == all_.end()) throw std::runtime_error("no catalogue");
    return *found;
  }

  /// Flavor, series and what its meta ends in, of a kernel in an archive that introduces itself so.
  [[nodiscard]] std::string found(std::string_view release, std::string_view origin = {}, std::string_view codename = {},
                                  std::string_view arch = "amd64") const {
    const auto own = [&](const Catalogue& one) { return one.is_own_archive(origin, codename); };
    const CatalogueEntry entry = ReleaseNames(all_).find(release, arch, own);
    if (entry.catalogue == nullptr) return "nothing";
    return entry.id().text() + " " + entry.series->name + " " +
           entry.catalogue->rules_for(*entry.flavor, *entry.series).meta_suffix;
  }

  std::vector<Catalogue> all_;
};

TEST_F(DebCatalogues, TellOneReleaseOfTwoUbuntusApartByTheirArchives) {
  EXPECT_EQ(found("6.8.0-57-generic", "Ubuntu", "jammy"), "ubuntu-22.04/generic.amd64 hwe generic-hwe-22.04");
  EXPECT_EQ(found("6.8.0-57-generic", "Ubuntu", "noble"), "ubuntu-24.04/generic.amd64 6.8 generic");
  EXPECT_EQ(found("6.8.0-57-generic"), "ubuntu-22.04/generic.amd64 hwe generic-hwe-22.04");
}

TEST_F(DebCatalogues, KnowUbuntusFlavorsWhateverDashesTheyHave) {
  EXPECT_EQ(found("5.15.0-130-generic"), "ubuntu-22.04/generic.amd64 5.15 generic");
  EXPECT_EQ(found("5.15.0-1070-kvm"), "ubuntu-22.04/kvm.amd64 5.15 kvm");
  EXPECT_EQ(found("6.17.0-1003-aws-64k", {}, {}, "arm64"), "ubuntu-24.04/aws-64k.arm64 rolling aws-64k");
  EXPECT_EQ(found("6.8.0-1024-aws", "Ubuntu", "noble"), "ubuntu-24.04/aws.amd64 lts aws-lts-24.04");
  EXPECT_EQ(found("6.8.0-1019-raspi", "Ubuntu", "noble", "arm64"), "ubuntu-24.04/raspi.arm64 6.8 raspi");
  EXPECT_EQ(found("6.11.0-1013-oem"), "ubuntu-24.04/oem.amd64 oem oem-24.04");
  EXPECT_EQ(found("6.8.0-57-lowlatency-64k", "Ubuntu", "noble", "arm64"), "ubuntu-24.04/lowlatency-64k.arm64 6.8 lowlatency-64k");
  EXPECT_EQ(found("6.8.0-1015-azure-fde", "Ubuntu", "noble"), "ubuntu-24.04/azure-fde.amd64 lts azure-fde-lts-24.04");
  EXPECT_EQ(found("6.8.0-57"), "nothing");
}

TEST_F(DebCatalogues, NameUbuntusPackagesAsUbuntuDoes) {
  for (const char* id : {"ubuntu-22.04", "ubuntu-24.04"}) {
    const InstallRules& rules = catalogue(id).rules;
    EXPECT_EQ(rules.deb.modules, "linux-modules-{name}-{release}");
    EXPECT_EQ(rules.deb.meta, "linux-modules-{name}-{meta}");
    EXPECT_EQ(rules.deb.trigger, "linux-update-{release}");
    EXPECT_THAT(rules.image_packages, ElementsAre("linux-image-{release}", "linux-image-unsigned-{release}"));
    // No package of Ubuntu's says which release is the newest.
    EXPECT_EQ(rules.latest_modules, "");
  }
}

TEST_F(DebCatalogues, KnowRaspberryPisAndProxmoxsKernels) {
  EXPECT_EQ(found("6.6.31+rpt-rpi-v8", {}, {}, "arm64"), "raspios-12/rpi-v8.arm64 6.6 6.6-rpi-v8");
  EXPECT_EQ(found("6.12.25+rpt-rpi-2712", {}, {}, "arm64"), "raspios-12/rpi-2712.arm64 6.12 rpi-2712");
  EXPECT_EQ(found("6.1.0-rpi4-rpi-v8", {}, {}, "arm64"), "raspios-12/rpi-v8.arm64 6.1 6.1-rpi-v8");
  EXPECT_EQ(found("6.12.25+rpt-rpi-v7l", {}, {}, "armhf"), "raspios-12/rpi-v7l.armhf 6.12 rpi-v7l");
  EXPECT_EQ(found("6.8.12-4-pve"), "proxmox-8/pve.amd64 6.8 pve-6.8");
  EXPECT_EQ(catalogue("proxmox-8").series.front().headers, "proxmox-headers-{release}");
  EXPECT_THAT(catalogue("proxmox-8").rules.image_packages,
              ElementsAre("proxmox-kernel-{release}-signed", "proxmox-kernel-{release}"));
}

TEST_F(DebCatalogues, KnowKernelsThatWereBuiltFromDebiansSource) {
  EXPECT_EQ(found("6.12.117+unreleased-amd64"), "debian-12/amd64 6.12 6.12-amd64");
  EXPECT_EQ(found("6.12.117+unreleased-amd64", "Debian", "trixie"), "debian-13/amd64 6.12 amd64");
  EXPECT_EQ(found("6.1.0-56+unreleased-amd64"), "debian-12/amd64 6.1 amd64");
  EXPECT_EQ(found("7.3.4+deb13-rt-amd64"), "debian-13/rt-amd64 backports backports-rt-amd64");
  EXPECT_EQ(found("6.12.95+deb12-amd64", "Debian Backports", "bookworm-backports"), "debian-12/amd64 6.12 6.12-amd64");
}

TEST_F(DebCatalogues, GiveEachSeriesOfAFlavorAMetaOfItsOwn) {
  for (const Catalogue& one : all_) {
    if (one.rules.family != PackageFamily::deb) continue;
    for (const CatalogueFlavor& flavor : one.flavors) {
      std::set<std::string> metas;
      for (const std::string& series : flavor.series) metas.insert(one.rules_for(flavor, *one.find_series(series)).meta_suffix);
      EXPECT_EQ(metas.size(), flavor.series.size()) << one.id << "/" << flavor.name;
    }
    // Archives are matched by what they say of themselves, so each must be told how.
    EXPECT_FALSE(one.archives.empty()) << one.id;
  }
}

}  // namespace
}  // namespace kmpack
