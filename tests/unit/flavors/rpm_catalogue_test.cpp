#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flavors/catalogue.hpp"
#include "kmpack/kernel.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kNew = R"(<distribution id="new-1" title="New 1" family="rpm">
  <install root="/usr/lib/modules" directory="extra/{name}" readable="none xz"/>
  <rpm style="kmod" pin="rich"/>
  <repository url="https://example.org/{arch}/" key="keys/new.asc" archs="x86_64"/>
  <series name="7" releases="7.0.*-*.new1.{arch}{suffix}" uname="{version}-{release}.{arch}{suffix}"
          kernel="linux{-variant}" headers="linux{-variant}-devel" parts="linux-sources" tree="/usr/src/kernels/{release}"/>
  <flavor name="default" arch="x86_64"/>
  <flavor name="tiny-debug" arch="x86_64" suffix="+tiny-debug" variant="tiny-debug"/>
</distribution>
)";

std::vector<Catalogue> shipped() {
  Diagnostics problems;
  const std::vector<fs::path> directories{fs::path(KMPACK_SOURCE_DIR) / "flavors"};
  auto catalogues = read_catalogues(directories, problems);
  EXPECT_TRUE(problems.ok()) << to_text(problems.all().front());
  return catalogues;
}

std::vector<Catalogue> from_folder(std::string_view text, Diagnostics& problems) {
  const TempDir directory;
  write_file(directory.path() / "new-1.xml", text);
  const std::vector<fs::path> directories{directory.path()};
  return read_catalogues(directories, problems);
}

std::string with(std::string text, std::string_view what, std::string_view instead) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), instead);
}

/// `distribution/flavor.arch` and the rules of what a release is.
std::pair<std::string, RpmRules> found(std::string_view release, std::string_view arch) {
  const auto catalogues = shipped();
  const CatalogueEntry entry = ReleaseNames(catalogues).find(release, arch);
  if (entry.catalogue == nullptr) return {"nothing", {}};
  return {entry.id().text(), entry.catalogue->rules_for(*entry.flavor, *entry.series).rpm};
}

// Each release is one that the distribution has had. Sources: facts suse.md section 3 and 6, redhat.md section 1.7 and 3.2.
TEST(ShippedRpmCatalogues, KnowTheReleasesOfTheirDistributions) {
  EXPECT_EQ(found("6.4.0-150600.23.14-default", "x86_64").first, "opensuse-leap-15.6/default.x86_64");
  EXPECT_EQ(found("6.4.0-150600.10.5-rt", "x86_64").first, "opensuse-leap-15.6/rt.x86_64");
  EXPECT_EQ(found("6.4.0-150600.23.14-64kb", "aarch64").first, "opensuse-leap-15.6/64kb.aarch64");
  EXPECT_EQ(found("6.4.0-150700.53.3-default", "s390x").first, "sle-15-sp7/default.s390x");
  EXPECT_EQ(found("6.12.0-160000.5-default", "x86_64").first, "opensuse-leap-16.0/default.x86_64");
  EXPECT_EQ(found("6.17.7-1-default", "x86_64").first, "opensuse-tumbleweed/default.x86_64");
  EXPECT_EQ(found("4.18.0-553.22.1.el8_10.x86_64", "x86_64").first, "el8/default.x86_64");
  EXPECT_EQ(found("4.18.0-372.16.1.el8_6.0.1.x86_64", "x86_64").first, "el8/default.x86_64");
  EXPECT_EQ(found("5.14.0-503.11.1.el9_5.x86_64+rt", "x86_64").first, "el9/rt.x86_64");
  EXPECT_EQ(found("5.14.0-611.35.1.el9_7.aarch64+64k-debug", "aarch64").first, "el9/64k-debug.aarch64");
  EXPECT_EQ(found("5.14.0-611.35.1.el9_7.aarch64+rt-64k", "aarch64").first, "el9/rt-64k.aarch64");
  EXPECT_EQ(found("6.12.0-55.9.1.el10_0.x86_64", "x86_64").first, "el10/default.x86_64");
  EXPECT_EQ(found("6.14.5-300.fc42.x86_64", "x86_64").first, "fedora-42/default.x86_64");
  EXPECT_EQ(found("5.15.0-300.163.18.el9uek.aarch64.64k", "aarch64").first, "ol9-uek/64k.aarch64");
  EXPECT_EQ(found("6.12.40-64.114.amzn2023.x86_64", "x86_64").first, "amzn-2023/default.x86_64");
  EXPECT_EQ(found("6.1.147-172.266.amzn2023.x86_64", "x86_64").first, "amzn-2023/default.x86_64");
}

TEST(ShippedRpmCatalogues, NamePackagesAndTreesAsTheDistributionDoes) {
  const RpmRules leap = found("6.4.0-150600.10.5-rt", "x86_64").second;
  EXPECT_EQ(leap.devel, "kernel-rt-devel");
  EXPECT_EQ(leap.kernel, "kernel-rt");
  EXPECT_EQ(leap.tree, "/usr/src/linux-{base}-rt-obj/{cpu}/rt");
  EXPECT_EQ(leap.suffix, "-rt");
  EXPECT_EQ(leap.style, RpmStyle::kmp);
  EXPECT_EQ(leap.supplements, SupplementsForm::packageand);
  EXPECT_EQ(found("6.12.0-160000.5-default", "x86_64").second.supplements, SupplementsForm::rich);
  const RpmRules plain = found("5.14.0-503.11.1.el9_5.x86_64", "x86_64").second;
  EXPECT_EQ(plain.devel, "kernel-devel");
  EXPECT_EQ(plain.variant, "");
  const RpmRules large = found("5.14.0-611.35.1.el9_7.aarch64+64k-debug", "aarch64").second;
  EXPECT_EQ(large.devel, "kernel-64k-debug-devel");
  EXPECT_EQ(large.variant, "64k-debug");
  EXPECT_EQ(large.suffix, "+64k-debug");
  EXPECT_EQ(found("5.15.0-300.163.18.el9uek.aarch64.64k", "aarch64").second.devel, "kernel-uek64k-devel");
  EXPECT_EQ(found("5.15.0-300.163.18.el9uek.x86_64", "x86_64").second.devel, "kernel-uek-devel");
  EXPECT_EQ(found("6.12.40-64.114.amzn2023.x86_64", "x86_64").second.devel, "kernel6.12-devel");
  EXPECT_EQ(found("6.14.5-300.fc42.x86_64", "x86_64").second.pin, KernelPin::exact);
}

TEST(ShippedRpmCatalogues, KeepCompressionToWhatTheTargetReads) {
  for (const Catalogue& catalogue : shipped()) {
    if (catalogue.rules.family != PackageFamily::rpm) continue;
    const auto& readable = catalogue.rules.readable;
    if (catalogue.id == "el8") {
      EXPECT_THAT(readable, ElementsAre(Compression::none));
    }
    if (catalogue.id.starts_with("el")) {
      EXPECT_THAT(readable, testing::Not(Contains(Compression::zstd))) << catalogue.id;
    }
    EXPECT_THAT(readable, Contains(Compression::none)) << catalogue.id;
  }
}

TEST(ReadCatalogues, TakesAnRpmDistributionFromAUsersFolderWithoutAnyCode) {
  Diagnostics problems;
  const auto catalogues = from_folder(kNew, problems);
  ASSERT_TRUE(problems.ok()) << to_text(problems.all().front());
  const CatalogueEntry entry = ReleaseNames(catalogues).find("7.0.3-21.new1.x86_64+tiny-debug");
  ASSERT_NE(entry.catalogue, nullptr);
  EXPECT_EQ(entry.id().text(), "new-1/tiny-debug.x86_64");
  const InstallRules rules = entry.catalogue->rules_for(*entry.flavor, *entry.series);
  EXPECT_EQ(rules.rpm.devel, "linux-tiny-debug-devel");
  EXPECT_EQ(rules.rpm.kernel, "linux-tiny-debug");
  EXPECT_EQ(rules.rpm.pin, KernelPin::rich);
  EXPECT_THAT(rules.readable, ElementsAre(Compression::none, Compression::xz));
  ASSERT_EQ(entry.catalogue->repositories.size(), 1U);
  const CatalogueRepository& repository = entry.catalogue->repositories.front();
  EXPECT_EQ(repository.url, "https://example.org/{arch}/");
  EXPECT_TRUE(repository.key.is_absolute());
  EXPECT_EQ(repository.key.filename(), "new.asc");
  EXPECT_THAT(repository.archs, ElementsAre("x86_64"));
}

TEST(ReadCatalogues, ReportsWhatAnRpmDistributionLacksOrCannotHave) {
  const std::string good(kNew);
  const auto only = [](const std::string& text) {
    Diagnostics problems;
    EXPECT_TRUE(from_folder(text, problems).empty());
    EXPECT_EQ(problems.all().size(), 1U) << text;
    return problems.ok() ? std::string() : to_text(problems.all().front());
  };
  EXPECT_THAT(only(with(good, "  <rpm style=\"kmod\" pin=\"rich\"/>\n", "")), HasSubstr("needs the element <rpm>"));
  EXPECT_THAT(only(with(good, "style=\"kmod\"", "style=\"kmodd\"")), HasSubstr("did you mean 'kmod'?"));
  EXPECT_THAT(only(with(good, "pin=\"rich\"", "pin=\"poor\"")), HasSubstr("[value-unknown]"));
  EXPECT_THAT(only(with(good, "readable=\"none xz\"", "readable=\"none lz4\"")), HasSubstr("2: error: attribute 'readable'"));
  EXPECT_THAT(only(with(good, "url=\"https://example.org/{arch}/\" ", "")), HasSubstr("one of the attributes url, mirrorlist"));
  EXPECT_THAT(only(with(good, "https://example.org", "gopher://example.org")), HasSubstr("begin it with https://"));
  EXPECT_THAT(only(with(good, "kernel=\"linux{-variant}\" ", "")),
              HasSubstr("<series> of the family rpm needs the attribute 'kernel'"));
}

TEST(PackedCompression, IsTheKernelsOwnWhereTheTargetReadsItElseNone) {
  InstallRules rules;
  KernelConfig config;
  config.compression = Compression::zstd;
  EXPECT_EQ(packed_compression(rules, config), Compression::zstd);
  rules.readable = {Compression::none, Compression::xz};
  EXPECT_EQ(packed_compression(rules, config), Compression::none);
  config.compression = Compression::xz;
  EXPECT_EQ(packed_compression(rules, config), Compression::xz);
}

}  // namespace
}  // namespace kmpack
