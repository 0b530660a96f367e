#include <gmock/gmock.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "fixture.hpp"
#include "support/thrown.hpp"
#include "wrap/compress.hpp"
#include "wrap/deb.hpp"

namespace kmpack::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// What a manifest's reader would refuse and another maker of the record might let in: dpkg is the judge.
struct DebInput : Packing {
  void SetUp() override {
    for (const char* name : {"dpkg-deb", "dpkg", "dpkg-parsechangelog"}) {
      if (find_program(name)) continue;
      if (std::getenv("CI") != nullptr) FAIL() << name << " is not installed";
      GTEST_SKIP() << name << " is not installed";
    }
    sample.newest = false;
  }

  std::string control() { return output_of("dpkg-deb", {"--field", judged().string()}); }

  /// The package, after dpkg has read it without a word and has found no field that we do not write.
  fs::path judged() {
    const fs::path deb = pack(Format::deb).at(0).path;
    const Completed read = run("dpkg-deb", {"--field", deb.string()});
    EXPECT_TRUE(read.ok());
    EXPECT_EQ(read.errors, "");
    const std::vector<std::string> known{"Package",        "Source",   "Version",   "Architecture", "Maintainer",
                                         "Installed-Size", "Depends",  "Conflicts", "Replaces",     "Provides",
                                         "Section",        "Priority", "Homepage",  "Description"};
    for (const std::string_view line : split(read.tail, '\n')) {
      if (line.empty() || line.front() == ' ') continue;
      EXPECT_THAT(known, ::testing::Contains(std::string(line.substr(0, line.find(':'))))) << line;
    }
    return deb;
  }

  std::string changelog_field(const std::string& name) {
    const fs::path deb = judged();
    const fs::path root = place.path() / "root";
    fs::remove_all(root);
    output_of("dpkg-deb", {"--extract", deb.string(), root.string()});
    const fs::path papers = root / "usr/share/doc" / std::string(read_deb(deb).control.field("Package"));
    write_file(place.path() / "changelog", decompressed(read_file(papers / "changelog.Debian.gz")));
    const Completed parsed = run("dpkg-parsechangelog", {"--all", "-l" + (place.path() / "changelog").string(), "-S" + name});
    EXPECT_TRUE(parsed.ok());
    EXPECT_EQ(parsed.errors, "");
    return std::string(trimmed(parsed.tail));
  }
};

TEST_F(DebInput, NamesAndVersionsBecomeWhatDpkgTakes) {
  sample.manifest.name = PackageName{"Hello_World"};
  sample.manifest.version = "2:1.0-rc1~git+a\nEssential: yes";
  sample.manifest.release = "3:4\n";
  const std::string text = control();
  EXPECT_THAT(text, HasSubstr("Package: hello-world-modules-6.1.0-7-amd64\n"));
  EXPECT_THAT(text, HasSubstr("Version: 2.1.0.rc1~git+a.Essential..yes-3.4.+6.1.20+2\n"));
  EXPECT_EQ(changelog_field("Source"), "hello-world-kmod");
  sample.manifest.name = PackageName{"hello\nEssential: yes"};
  EXPECT_EQ(code_thrown_by([&] { pack(Format::deb); }), "package-path-invalid");
}

TEST_F(DebInput, TildesAndPlusesOfAVersionKeepTheirMeaning) {
  const auto version = [&](const std::string& text) {
    sample.manifest.version = text;
    return pack(Format::deb).at(0).version;
  };
  const std::vector<std::string> rising{"1.0~rc1", "1.0", "1.0+git1", "1.1"};
  for (std::size_t at = 1; at < rising.size(); ++at) {
    EXPECT_TRUE(run("dpkg", {"--compare-versions", version(rising[at - 1]), "lt", version(rising[at])}).ok()) << rising[at];
  }
}

TEST_F(DebInput, DescriptionsOfEveryKindAreOneFieldInUtf8) {
  sample.manifest.summary = "Gr\xc3\xbc\xc3\x9f \xff\nEssential: yes";
  sample.manifest.description =
      "\n \n.\n.dotted\n\n\n\tindented\r\n" + std::string(300, 'w') + "\n\x01\x1b[31mred\xe9\n\nEssential: yes\n . \n";
  const std::string text = control();
  const std::string description = text.substr(text.find("Description:"));
  EXPECT_THAT(description, HasSubstr("Gr\xc3\xbc\xc3\x9f \xef\xbf\xbd Essential: yes"));
  EXPECT_THAT(description, HasSubstr("\n  .\n  .dotted\n .\n  indented\n " + std::string(300, 'w') +
                                     "\n [31mred\xef\xbf\xbd\n .\n Essential: yes\n  .\n"));
  EXPECT_EQ(std::ranges::count_if(text, [](char letter) { return static_cast<unsigned char>(letter) < 0x20 && letter != '\n'; }),
            0);
}

TEST_F(DebInput, EveryTextStaysInItsField) {
  sample.manifest.url = "https://x\nEssential: yes";
  sample.manifest.vendor = "V\nEssential: yes";
  sample.manifest.license = "Own\n\nFiles: *\nEssential: yes";
  sample.manifest.deb.needs = {"libc6\nEssential: yes", "\n"};
  sample.manifest.deb.provides = {"a,\n\nPackage: b"};
  sample.manifest.maintainer = {.name = "Ada\nEssential: yes", .mail = "a@b\nEssential: yes"};
  const Completed read = run("dpkg-deb", {"--field", pack(Format::deb).at(0).path.string(), "Essential"});
  EXPECT_EQ(read.tail, "");
}

TEST_F(DebInput, AMaintainerWithoutMailOrNameIsStillOne) {
  using Case = std::pair<Maintainer, std::string>;
  for (const auto& [maintainer, text] : {Case{{.name = "Ada"}, "Ada <nobody@localhost>"}, Case{{}, "nobody <nobody@localhost>"},
                                         Case{{.name = "A <b", .mail = "c> d"}, "A b <cd@localhost>"}}) {
    sample.manifest.maintainer = maintainer;
    EXPECT_THAT(control(), HasSubstr("Maintainer: " + text + "\n"));
    EXPECT_EQ(changelog_field("Maintainer"), text);
  }
}

TEST_F(DebInput, ALicenseThatIsNoSpdxExpressionIsToldInWords) {
  sample.manifest.license = "do what\nyou like";
  sample.manifest.install.licenses.clear();
  const fs::path root = place.path() / "root";
  output_of("dpkg-deb", {"--extract", judged().string(), root.string()});
  EXPECT_THAT(read_file(root / "usr/share/doc/hello-modules-6.1.0-7-amd64/copyright"),
              HasSubstr("\nLicense: do what you like\n The source"));
}

/// Uploads of kernels in the order in which each replaces the one before.
TEST_F(DebInput, ARebuildSortsAsTheKernelsUploadsDo) {
  const std::vector<std::vector<std::string>> series{
      {"6.1.99-1", "6.1.192-1~bpo11+1", "6.1.192-1", "6.1.192-2", "6.1.192-2+b1", "6.1.193-1+unreleased", "6.2.1-1"},
      {"6.12.9-1~bpo12+1", "6.12.117-1~deb12u1", "6.12.117-1", "6.12.117-1+deb13u1", "6.12.117-2"},
      {"6.8.0-9.9", "6.8.0-57.59~22.04.1", "6.8.0-57.59", "6.8.0-57.59+1", "6.8.0-58.60", "6.8.0-100.100"},
      {"5.15.0-130.140~20.04.1", "5.15.0-130.140", "5.15.0-131.141"},
      {"6.6.31-1+rpt1", "1:6.6.20-1+rpt1", "1:6.6.31-1+rpt1", "1:6.6.31-1+rpt2", "1:6.12.1-1", "2:6.1.1-1", "10:1-1"},
      {"6.8.12-1", "6.8.12-10", "6.8.12.1-1"}};
  for (const std::vector<std::string>& uploads : series) {
    std::string before;
    for (const std::string& upload : uploads) {
      sample.kernel.package_version = upload;
      const std::string version = pack(Format::deb).at(0).version;
      if (!before.empty()) {
        EXPECT_TRUE(run("dpkg", {"--compare-versions", before, "lt", version}).ok()) << before << " " << version;
      }
      before = version;
    }
  }
}

}  // namespace
}  // namespace kmpack::test
