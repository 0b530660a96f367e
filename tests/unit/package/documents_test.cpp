#include "package/documents.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "support/sample_cell.hpp"
#include "support/thrown.hpp"
#include "wrap/compress.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;

const PackedFile* file_at(const PackageModel& model, const fs::path& path) {
  const auto found = std::ranges::find(model.files, path, &PackedFile::path);
  return found == model.files.end() ? nullptr : &*found;
}

PackageModel model_for(Format format) {
  PackageModel model{.format = format};
  model.name = "hello-modules";
  model.version = "1";
  model.release = "1";
  model.change = "Built for Linux 6.1.";
  return model;
}

TEST(DebianCopyright, NamesACommonLicenseAndDoesNotRepeatIt) {
  Manifest manifest;
  manifest.name = PackageName{"hello"};
  manifest.license = "GPL-2.0-or-later";
  const std::string text = debian_copyright(manifest, {"the whole text of the GPL"});
  EXPECT_THAT(text, HasSubstr("License: GPL-2+\n"));
  EXPECT_THAT(text, HasSubstr("/usr/share/common-licenses/GPL-2.\n"));
  EXPECT_THAT(text, Not(HasSubstr("whole text")));
}

TEST(DebianCopyright, HoldsTheTextOfAnyOtherLicense) {
  Manifest manifest;
  manifest.name = PackageName{"hello"};
  manifest.license = "LicenseRef-own";
  EXPECT_THAT(debian_copyright(manifest, {"Do what you like.\n\nBut say so.\n"}),
              HasSubstr("License: LicenseRef-own\n Do what you like.\n .\n But say so.\n"));
}

TEST(DebianCopyright, NamesEachOfSeveralCommonLicenses) {
  Manifest manifest;
  manifest.name = PackageName{"hello"};
  manifest.license = "(GPL-2.0-only OR MPL-2.0)";
  EXPECT_THAT(debian_copyright(manifest, {}),
              HasSubstr(" /usr/share/common-licenses/GPL-2\n /usr/share/common-licenses/MPL-2.0\n"));
}

TEST(DebianChangelog, IsTheSourcePackagesAndWritesTheEpochAsDebianWritesDates) {
  Manifest manifest;
  manifest.name = PackageName{"Hello_World"};
  manifest.version = "v1.2-rc1";
  manifest.release = "3";
  manifest.maintainer = {.name = "Ada", .mail = "ada@example.org"};
  EXPECT_EQ(debian_changelog(manifest, 1700000000),
            "hello-world-kmod (1.2.rc1-3) unstable; urgency=medium\n\n  * Kernel modules of Hello_World v1.2-rc1.\n\n"
            " -- Ada <ada@example.org>  Tue, 14 Nov 2023 22:13:20 +0000\n");
}

TEST(DebianChangelog, IsTheSourcePackagesInEachOfItsPackages) {
  test::SampleCell sample;
  PackageModel model = model_for(Format::deb);
  model.epoch = 1700000000;
  add_documents(model, sample.manifest, sample.build.source);
  EXPECT_EQ(decompressed(file_at(model, "/usr/share/doc/hello-modules/changelog.Debian.gz")->content),
            debian_changelog(sample.manifest, 1700000000));
}

TEST(MaintainerText, CannotBeBrokenByANewline) {
  EXPECT_EQ(maintainer_text({.name = "Ada\nDepends: evil", .mail = "a@b"}), "Ada Depends: evil <a@b>");
  EXPECT_EQ(maintainer_text({}), "nobody <nobody@localhost>");
  EXPECT_EQ(maintainer_text({.name = "Ada"}), "Ada <nobody@localhost>");
  EXPECT_EQ(maintainer_text({.name = "Ada <x>", .mail = "<ada @\nb>"}), "Ada x <ada@b>");
  EXPECT_EQ(maintainer_text({.mail = "ada"}), "nobody <ada@localhost>");
}

TEST(AddDocuments, PutsLicensesWhereEachFormatWantsThem) {
  const test::SampleCell sample;
  PackageModel rpm = model_for(Format::rpm);
  add_documents(rpm, sample.manifest, sample.build.source);
  ASSERT_NE(file_at(rpm, "/usr/share/licenses/hello-modules/COPYING"), nullptr);
  EXPECT_NE(file_at(rpm, "/usr/share/doc/hello-modules/docs/usage.txt"), nullptr);
  EXPECT_EQ(file_at(rpm, "/usr/share/doc/hello-modules/copyright"), nullptr);
  PackageModel deb = model_for(Format::deb);
  add_documents(deb, sample.manifest, sample.build.source);
  EXPECT_NE(file_at(deb, "/usr/share/doc/hello-modules/copyright"), nullptr);
  EXPECT_NE(file_at(deb, "/usr/share/doc/hello-modules/changelog.Debian.gz"), nullptr);
  EXPECT_EQ(file_at(deb, "/usr/share/licenses/hello-modules/COPYING"), nullptr);
}

TEST(AddDocuments, ReportsADocumentThatTheSourceLacks) {
  test::SampleCell sample;
  sample.manifest.install.documents = {"NEWS"};
  PackageModel model = model_for(Format::rpm);
  const auto problem = test::diagnostic_thrown_by([&] { add_documents(model, sample.manifest, sample.build.source); });
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->code, "document-missing");
  EXPECT_EQ(problem->message, "the source has no file 'NEWS' inside it");
}

TEST(AddDocuments, NeverReadsOutsideOfTheSource) {
  test::SampleCell sample;
  write_file(sample.directory.path() / "secret", "secret");
  fs::create_symlink("../secret", sample.build.source / "LINK");
  for (const char* path : {"LINK", "../secret", "/etc/passwd", "docs"}) {
    sample.manifest.install.documents = {path};
    PackageModel model = model_for(Format::rpm);
    EXPECT_EQ(test::code_thrown_by([&] { add_documents(model, sample.manifest, sample.build.source); }), "document-missing")
        << path;
  }
}

}  // namespace
}  // namespace kmpack
