#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "flavors/catalogue.hpp"
#include "sys/files.hpp"
#include "wrap/xml.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kGood = R"(<distribution id="new-1" title="New 1" family="deb">
  <install root="/lib/modules" directory="updates/{name}"><image name="image-{release}"/></install>
  <series name="6.6" releases="6.6.*-{flavor}" headers="dev-{release}" parts="dev- tools-" meta="{flavor}"/>
  <flavor name="small" arch="amd64"/>
</distribution>
)";

std::vector<Catalogue> read_shipped(Diagnostics& problems) {
  const std::vector<fs::path> directories{fs::path(KMPACK_SOURCE_DIR) / "flavors"};
  return read_catalogues(directories, problems);
}

/// The mistakes in one catalogue, each as `line: message [code]` and its hint.
std::vector<std::string> mistakes(std::string_view text) {
  const TempDir directory;
  write_file(directory.path() / "new-1.xml", text);
  Diagnostics problems;
  const std::vector<fs::path> directories{directory.path()};
  EXPECT_TRUE(read_catalogues(directories, problems).empty());
  std::vector<std::string> lines;
  for (const Diagnostic& problem : problems.all()) {
    const std::uint32_t line = problem.where ? problem.where->line : 0;
    lines.push_back(std::to_string(line) + ": " + problem.message + " [" + std::string(problem.code) + "] " +
                    problem.hint.value_or(""));
  }
  return lines;
}

std::string with(std::string text, std::string_view what, std::string_view instead) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), instead);
}

TEST(ReadCatalogues, HasDebian12WithBothSeries) {
  Diagnostics problems;
  const auto catalogues = read_shipped(problems);
  ASSERT_TRUE(problems.ok()) << to_text(problems.all().front());
  const auto debian = std::ranges::find(catalogues, "debian-12", &Catalogue::id);
  ASSERT_NE(debian, catalogues.end());
  std::vector<std::string> flavors;
  for (const CatalogueFlavor& flavor : debian->flavors) flavors.push_back(flavor.name + "." + flavor.arch);
  EXPECT_THAT(flavors, ElementsAre("amd64.amd64", "cloud-amd64.amd64", "rt-amd64.amd64", "686.i386", "686-pae.i386",
                                   "rt-686-pae.i386", "arm64.arm64", "cloud-arm64.arm64", "rt-arm64.arm64", "arm64-16k.arm64",
                                   "armmp.armhf", "armmp-lpae.armhf", "rt-armmp.armhf", "powerpc64le.ppc64el", "s390x.s390x"));
  const CatalogueFlavor& rt = debian->flavors.at(2);
  EXPECT_THAT(rt.series, ElementsAre("6.1", "6.12"));
  EXPECT_EQ(debian->rules_for(rt, *debian->find_series("6.1")).meta_suffix, "rt-amd64");
  EXPECT_EQ(debian->rules_for(rt, *debian->find_series("6.12")).meta_suffix, "6.12-rt-amd64");
  EXPECT_EQ(debian->rules.modules_root, "/lib/modules");
  EXPECT_EQ(debian->rules.latest_modules, "linux-latest-modules-{release}");
  EXPECT_THAT(debian->rules.image_packages, ElementsAre("linux-image-{release}", "linux-image-{release}-unsigned"));
  EXPECT_THAT(std::ranges::find(debian->flavors, "arm64-16k", &CatalogueFlavor::name)->series, ElementsAre("6.12"));
}

TEST(ReadCatalogues, HasDebian13UnderUsr) {
  Diagnostics problems;
  const auto catalogues = read_shipped(problems);
  const auto debian = std::ranges::find(catalogues, "debian-13", &Catalogue::id);
  ASSERT_NE(debian, catalogues.end());
  EXPECT_EQ(debian->rules.modules_root, "/usr/lib/modules");
  const ReleaseNames names(catalogues);
  EXPECT_EQ(names.find("6.12.117+deb13-cloud-amd64").id().text(), "debian-13/cloud-amd64");
  EXPECT_EQ(names.find("6.12.117+deb12-cloud-amd64").id().text(), "debian-12/cloud-amd64");
}

TEST(ReadCatalogues, TakesADistributionFromAUsersFolder) {
  const TempDir directory;
  write_file(directory.path() / "new-1.xml", kGood);
  Diagnostics problems;
  const std::vector<fs::path> directories{directory.path(), fs::path(KMPACK_SOURCE_DIR) / "flavors"};
  const auto catalogues = read_catalogues(directories, problems);
  ASSERT_TRUE(problems.ok());
  const CatalogueEntry entry = ReleaseNames(catalogues).find("6.6.7-small");
  ASSERT_NE(entry.catalogue, nullptr);
  EXPECT_EQ(entry.id().text(), "new-1/small.amd64");
  EXPECT_EQ(entry.catalogue->file, directory.path() / "new-1.xml");
  EXPECT_THAT(entry.series->parts, ElementsAre("dev-", "tools-"));
}

TEST(ReadCatalogues, TakesTheFirstFileOfAName) {
  const TempDir first;
  const TempDir second;
  write_file(first.path() / "new-1.xml", kGood);
  write_file(second.path() / "new-1.xml", with(std::string(kGood), "New 1", "Other"));
  Diagnostics problems;
  const std::vector<fs::path> directories{first.path(), second.path()};
  const auto catalogues = read_catalogues(directories, problems);
  ASSERT_EQ(catalogues.size(), 1U);
  EXPECT_EQ(catalogues[0].title, "New 1");
}

TEST(ReadCatalogues, ReportsEveryMisspeltNameWithItsLineAndAGuess) {
  std::string text(kGood);
  text = with(text, "<install root=", "<install rooot=\"x\" root=");
  text = with(text, "<flavor ", "<flavour name=\"x\"/>\n  <flavor ");
  EXPECT_THAT(mistakes(text), ElementsAre("4: <distribution> has no element 'flavour' [element-unknown] did you mean 'flavor'?",
                                          "2: <install> has no attribute 'rooot' [attribute-unknown] did you mean 'root'?"));
}

TEST(ReadCatalogues, ReportsValuesThatCannotBeRight) {
  const std::string good(kGood);
  const auto only = [](const std::string& text) {
    const auto found = mistakes(text);
    EXPECT_EQ(found.size(), 1U) << text;
    return found.empty() ? std::string() : found.front();
  };
  EXPECT_THAT(only(with(good, "id=\"new-1\"", "id=\"new-2\"")),
              HasSubstr("1: attribute 'id' of <distribution> cannot be 'new-2' [catalogue-invalid]"));
  EXPECT_THAT(only(with(good, "family=\"deb\"", "family=\"apk\"")),
              HasSubstr("cannot be 'apk' [catalogue-invalid] write deb or rpm"));
  EXPECT_THAT(only(with(good, "updates/{name}", "../{name}")),
              HasSubstr("2: attribute 'directory' of <install> cannot be '../{name}'"));
  EXPECT_THAT(only(with(good, "updates/{name}", "kernel/{name}")), HasSubstr("below the kernel's modules other than kernel/"));
  EXPECT_THAT(only(with(good, "updates/{name}", "updates")), HasSubstr("write {name} where it belongs"));
  EXPECT_THAT(only(with(good, "image-{release}", "image")), HasSubstr("write {release} where it belongs"));
  EXPECT_THAT(only(with(good, "arch=\"amd64\"", "arch=\"amiga\"")),
              HasSubstr("4: attribute 'arch' of <flavor> cannot be 'amiga'"));
  EXPECT_THAT(only(with(good, "/lib/modules", "/opt")), HasSubstr("write /lib/modules or /usr/lib/modules"));
  EXPECT_THAT(only(with(good, "name=\"small\"", "name=\"a/b\"")), HasSubstr("leave out blanks and any of / @ * ?"));
  EXPECT_THAT(only(with(good, "arch=\"amd64\"", "arch=\"amd64\" series=\"6.7\"")),
              HasSubstr("4: there is no series '6.7' [value-unknown] did you mean '6.6'?"));
}

TEST(ReadCatalogues, WantsBothWordsOfAnArchiveAndOnlyWhereAptIs) {
  const std::string one_word = with(std::string(kGood), "  <series", "  <apt origin=\"New\"/>\n  <series");
  EXPECT_THAT(mistakes(one_word), ElementsAre(HasSubstr("3: <apt> needs the attribute 'codename' [attribute-missing]")));
  std::string rpm = with(std::string(kGood), "family=\"deb\"", "family=\"rpm\"");
  rpm = with(rpm, "  <series", "  <apt origin=\"New\" codename=\"one\"/>\n  <rpm style=\"kmp\" pin=\"exact\"/>\n  <series");
  rpm = with(rpm, "parts=", "uname=\"{version}\" kernel=\"kernel\" tree=\"/usr/src/{release}\" parts=");
  EXPECT_THAT(mistakes(rpm),
              ElementsAre(HasSubstr("attribute 'family' of <distribution> cannot be 'rpm' [catalogue-invalid] only a "
                                    "distribution of the family deb has <apt>")));
}

TEST(ReadCatalogues, SaysWhenThereIsNone) {
  const TempDir empty;
  Diagnostics problems;
  const std::vector<fs::path> directories{empty.path(), empty.path() / "absent"};
  EXPECT_TRUE(read_catalogues(directories, problems).empty());
  ASSERT_EQ(problems.all().size(), 1U);
  EXPECT_EQ(problems.all()[0].code, "catalogue-missing");
}

TEST(ReadCatalogues, SurvivesWhatIsNoCatalogue) {
  EXPECT_EQ(mistakes("<manifest/>").size(), 1U);
  EXPECT_EQ(mistakes("not xml").size(), 1U);
  EXPECT_FALSE(mistakes("<distribution/>").empty());
}

void expect_documented(const XmlElement& element, const std::string& manual) {
  EXPECT_THAT(manual, HasSubstr("`<" + element.name + ">`"));
  for (const XmlAttribute& attribute : element.attributes) {
    EXPECT_THAT(manual, HasSubstr("`" + attribute.name + "`")) << "of <" << element.name << ">";
  }
  for (const XmlElement& child : element.children) expect_documented(child, manual);
}

TEST(FlavorsManual, ExplainsEveryElementAndAttributeThatIsInUse) {
  Diagnostics problems;
  const fs::path source = KMPACK_SOURCE_DIR;
  const std::string manual = read_file(source / "docs/flavors.md");
  for (const char* name : {"debian-12", "opensuse-leap-15.6", "el9", "fedora-42"}) {
    const auto root = read_xml(source / "flavors" / (std::string(name) + ".xml"), problems);
    ASSERT_TRUE(root.has_value()) << name;
    expect_documented(*root, manual);
  }
}

TEST(FlavorsManual, HasAnExampleThatReads) {
  const std::string manual = read_file(fs::path(KMPACK_SOURCE_DIR) / "docs/flavors.md");
  const std::size_t from = manual.find("<distribution ");
  const std::size_t to = manual.find("```", from);
  ASSERT_NE(to, std::string::npos);
  const TempDir directory;
  // Its last flavor has a series that the example leaves out.
  write_file(directory.path() / "debian-12.xml", with(manual.substr(from, to - from), "series=\"6.12\"", "series=\"6.1\""));
  Diagnostics problems;
  const std::vector<fs::path> directories{directory.path()};
  EXPECT_EQ(read_catalogues(directories, problems).size(), 1U) << (problems.ok() ? "" : to_text(problems.all().front()));
}

TEST(CatalogueDirectories, SearchTheCommandLinesFirstAndTheSystemsLast) {
  ::setenv("XDG_CONFIG_HOME", "/home/somebody/.config", 1);
  const std::vector<fs::path> mine{"mine"};
  const auto directories = catalogue_directories(mine);
  ::unsetenv("XDG_CONFIG_HOME");
  ASSERT_GE(directories.size(), 3U);
  EXPECT_EQ(directories[0], "mine");
  EXPECT_EQ(directories[1], "/home/somebody/.config/kmpack/flavors");
  EXPECT_EQ(directories.back(), "/usr/share/kmpack/flavors");
}

TEST(Catalogue, NamesDebsAsTheDistributionDoes) {
  const TempDir directory;
  write_file(directory.path() / "new-1.xml",
             with(std::string(kGood), "<series",
                  R"(<deb modules="linux-modules-{name}-{release}" meta="linux-modules-{name}-{meta}" trigger="update-{release}"/>
  <series)"));
  Diagnostics problems;
  const std::vector<fs::path> directories{directory.path()};
  const auto catalogues = read_catalogues(directories, problems);
  ASSERT_EQ(catalogues.size(), 1U);
  const DebRules& deb = catalogues[0].rules.deb;
  EXPECT_EQ(deb.modules, "linux-modules-{name}-{release}");
  EXPECT_EQ(deb.meta, "linux-modules-{name}-{meta}");
  EXPECT_EQ(deb.trigger, "update-{release}");
  EXPECT_THAT(
      mistakes(with(std::string(kGood), "<series", R"(<deb modules="modules-{release}" meta="{name}" trigger="t"/><series)")),
      ElementsAre(HasSubstr("write {name} where it belongs"), HasSubstr("write {meta} where it belongs"),
                  HasSubstr("write {release} where it belongs")));
}

}  // namespace
}  // namespace kmpack
