#include "package/debian_source.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "flavors/condition.hpp"
#include "package/deb_models.hpp"
#include "support/golden.hpp"
#include "support/sample_cell.hpp"
#include "wrap/deb.hpp"

namespace kmpack {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Templates shipped() { return Templates({KMPACK_SOURCE_DIR "/templates"}); }

struct Sample : test::SampleCell {
  Sample() {
    manifest.modules = {{.name = ModuleName{"hello"}}, {.name = ModuleName{"hello-more"}, .directory = "more"}};
    write_file(directory.path() / "old.patch", "--- a\n");
    write_file(directory.path() / "new.patch", "+++ b\n");
    manifest.patches = {{.file = directory.path() / "old.patch", .when = {.range = {.max = "6.1"}}},
                        {.file = directory.path() / "new.patch", .when = {.range = {.min = "6.12"}}}};
    kernel.packages = {{.role = ArchiveRole::headers, .name = "linux-headers-6.1.0-7-common", .version = "6.1.20-2"},
                       {.role = ArchiveRole::headers, .name = "linux-headers-6.1.0-7-amd64", .version = "6.1.20-2"}};
    headers.epoch = 1700000000;
  }

  void choose(const std::string& flavor, const std::string& arch, const std::string& release) {
    kernel.flavor = {.distribution = "debian-12", .flavor = flavor, .arch = arch};
    kernel.release = KernelRelease{release};
    kernel.rules.meta_suffix = flavor;
  }

  [[nodiscard]] RecipePart part() const {
    RecipePart part{.cell = cell(), .headers = headers, .source = build.source};
    part.cell.manifest = manifest_for(part.cell.manifest, kernel);
    part.models = {module_package_model(part.cell, headers, modules, build, Format::deb)};
    if (newest) part.models.push_back(flavor_meta_model(part.cell, headers));
    return part;
  }

  [[nodiscard]] std::vector<PackageModel> common() const {
    return {common_package_model(manifest, kernel.rules, Format::deb, 1600000000)};
  }
};

const DebianFile* find(const DebianSource& source, std::string_view place) {
  const auto found = std::ranges::find(source.files, place, [](const DebianFile& file) { return file.place.native(); });
  return found == source.files.end() ? nullptr : &*found;
}

std::string text_of(const DebianSource& source, std::string_view place) {
  const DebianFile* file = find(source, place);
  EXPECT_NE(file, nullptr) << place;
  return file == nullptr ? std::string() : file->content;
}

DebianSource source_of(const Sample& sample) {
  const std::vector<RecipePart> parts{sample.part()};
  return render_debian_source(parts, {}, {}, shipped());
}

/// Two kernels of two architectures, and files of none.
DebianSource large_source() {
  Sample sample;
  sample.add_common_files();
  std::vector<RecipePart> parts{sample.part()};
  sample.choose("arm64", "arm64", "6.12.3+deb12-arm64");
  sample.modules.front().file.replace_extension(".ko.xz");
  write_file(sample.modules.front().file, "compressed");
  parts.push_back(sample.part());
  return render_debian_source(parts, sample.common(), {}, shipped());
}

TEST(DebianSource, HasTheControlThatItHad) { test::expect_golden("package/source.control", text_of(large_source(), "control")); }

TEST(DebianSource, HasTheRulesThatItHad) { test::expect_golden("package/source.rules", text_of(large_source(), "rules")); }

TEST(DebianSource, HasTheKernelsThatItHad) {
  const DebianSource source = large_source();
  test::expect_golden("package/source.kernels", text_of(source, "kernels/6.1.0-7-amd64") +
                                                    text_of(source, "kernels/6.12.3+deb12-arm64") + text_of(source, "common"));
}

TEST(DebianSource, SaysInControlWhatThePackagesSayThemselves) {
  const auto paragraphs = parse_deb822(text_of(large_source(), "control"), "control");
  ASSERT_EQ(paragraphs.size(), 6U);
  EXPECT_EQ(paragraphs[0].field("Source"), "hello-kmod");
  EXPECT_EQ(paragraphs[0].field("Rules-Requires-Root"), "no");
  EXPECT_THAT(paragraphs[0].field("Build-Depends"), Not(HasSubstr("linux-headers")));
  EXPECT_THAT(paragraphs[0].field("Build-Depends-Arch"), HasSubstr("linux-headers-6.1.0-7-amd64 (>= 6.1.20-2) [amd64]"));
  EXPECT_THAT(paragraphs[0].field("Build-Depends-Arch"), HasSubstr("linux-headers-6.12.3+deb12-arm64 (>= 6.1.20-2) [arm64]"));
  EXPECT_THAT(paragraphs[0].field("Build-Depends-Arch"), HasSubstr("xz-utils"));
  EXPECT_EQ(paragraphs[1].field("Architecture"), "amd64");
  EXPECT_THAT(paragraphs[1].field("Depends"), HasSubstr("hello-modules-common (>= ${source:Version}), ${misc:Depends}"));
  EXPECT_EQ(paragraphs[1].field("Provides"), "hello-modules (= ${binary:Version})");
  EXPECT_THAT(paragraphs[2].field("Depends"), HasSubstr("hello-modules-6.1.0-7-amd64 (= ${binary:Version})"));
  EXPECT_EQ(paragraphs[5].field("Depends"), "${misc:Depends}");
  EXPECT_EQ(paragraphs[5].field("Multi-Arch"), "foreign");
  for (const auto& paragraph : paragraphs) EXPECT_EQ(paragraph.field("Version"), "");
}

TEST(DebianSource, TakesNoTextOfTheUserForAVariableOrAField) {
  Sample sample;
  sample.manifest.summary = "Costs ${misc:Depends} 5$\nEssential: yes";
  sample.manifest.description = "Text\nEssential: yes\n\nPackage: other ${S}";
  sample.manifest.deb.needs = {"libc6 (>= ${nothing})"};
  const std::string control = text_of(source_of(sample), "control");
  EXPECT_THAT(control, HasSubstr("Costs ${}{misc:Depends} 5${} Essential: yes"));
  EXPECT_THAT(control, HasSubstr("libc6 (>= ${}{nothing})"));
  EXPECT_THAT(control, HasSubstr("other ${}{S}"));
  const auto paragraphs = parse_deb822(control, "control");
  ASSERT_EQ(paragraphs.size(), 3U);
  for (const auto& paragraph : paragraphs) EXPECT_EQ(paragraph.field("Essential"), "");
}

TEST(DebianSource, AppliesPatchesToTheKernelsTheyAreFor) {
  const DebianSource source = large_source();
  EXPECT_NE(find(source, "kernel-patches/old.patch"), nullptr);
  EXPECT_NE(find(source, "kernel-patches/new.patch"), nullptr);
  EXPECT_EQ(find(source, "patches/series"), nullptr);
  const std::string old_kernel = text_of(source, "kernels/6.1.0-7-amd64");
  EXPECT_THAT(old_kernel, HasSubstr("--input=\"$top/debian/kernel-patches/old.patch\""));
  EXPECT_THAT(old_kernel, Not(HasSubstr("new.patch")));
  const std::string new_kernel = text_of(source, "kernels/6.12.3+deb12-arm64");
  EXPECT_THAT(new_kernel, HasSubstr("--input=\"$top/debian/kernel-patches/new.patch\""));
  EXPECT_THAT(new_kernel, Not(HasSubstr("old.patch")));
}

TEST(DebianSource, ListsFilesThatAreNoTextForDpkgSource) {
  const DebianSource source = large_source();
  EXPECT_EQ(text_of(source, "source/include-binaries"), "debian/local/fw.bin\n");
  EXPECT_EQ(find(source_of(Sample()), "source/include-binaries"), nullptr);
}

TEST(DebianSource, QuotesWhatTheUserWroteForTheShell) {
  Sample sample;
  sample.manifest.make.variables = {{.name = "WITH", .value = "$(id)  100%\n`id`"}};
  sample.manifest.source.subdirectory = "deep/$er";
  const RecipePart part = sample.part();
  const std::string text = text_of(render_debian_source(std::span(&part, 1), {}, "top $1", shipped()), "kernels/6.1.0-7-amd64");
  EXPECT_THAT(text, HasSubstr(R"("WITH=\$(id)  100% \`id\`")"));
  EXPECT_THAT(text, HasSubstr("source=\"$copy/deep/\\$er\"\n"));
  EXPECT_THAT(text, HasSubstr("copy_source \"$copy/top \\$1\"\n"));
}

TEST(DebianSource, LeavesPackagesForDebuggersToDebhelper) {
  Sample sample;
  RecipePart part = sample.part();
  PackageModel symbols = part.models.front();
  symbols.kind = PackageKind::debug_info;
  symbols.name += "-dbgsym";
  part.models.push_back(symbols);
  const DebianSource source = render_debian_source(std::span(&part, 1), {}, {}, shipped());
  for (const DebianFile& file : source.files) {
    if (file.place == "build-modules" || file.place == "README.source") continue;
    EXPECT_THAT(file.content, Not(HasSubstr("-dbgsym"))) << file.place;
  }
}

TEST(DebianSource, GivesDebhelperItsPlaceInScriptsOnAnEmptyLine) {
  const std::string script = text_of(source_of(Sample()), "hello-modules-6.1.0-7-amd64.postinst");
  EXPECT_THAT(script, HasSubstr("esac\n#DEBHELPER#\nexit 0\n"));
}

TEST(DebianSource, HasOneCopyrightAndMoreOnlyWhereTheyDiffer) {
  Sample sample;
  EXPECT_EQ(find(source_of(sample), "hello-modules-amd64.copyright"), nullptr);
  sample.manifest.license = "LicenseRef-Own";
  const DebianSource source = source_of(sample);
  EXPECT_THAT(text_of(source, "copyright"), HasSubstr("Do what you like."));
  EXPECT_THAT(text_of(source, "hello-modules-amd64.copyright"), Not(HasSubstr("Do what you like.")));
}

TEST(DebianSource, RefusesTwoPackagesOfOneName) {
  Sample sample;
  std::vector<RecipePart> parts{sample.part()};
  sample.choose("amd64", "amd64", "6.1.0-8-amd64");
  parts.push_back(sample.part());
  try {
    render_debian_source(parts, {}, {}, shipped());
    FAIL() << "two packages of one name in one source";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostic().code, "debian-package-twice");
    EXPECT_EQ(error.diagnostic().message,
              "the packages for debian-12/amd64@6.1.0-7-amd64 and for debian-12/amd64@6.1.0-8-amd64 are both called "
              "hello-modules-amd64, which one source cannot have");
    EXPECT_EQ(error.diagnostic().hint, "choose one of these kernels with --flavor");
  }
}

TEST(DebianSource, SaysWhichKernelsOneSourceCanHave) {
  const auto hint = [](const std::string& distribution, const std::string& arch) -> std::string {
    Sample sample;
    std::vector<RecipePart> parts{sample.part()};
    sample.choose("amd64", arch, "6.1.0-7-amd64");
    sample.kernel.flavor.distribution = distribution;
    parts.push_back(sample.part());
    try {
      render_debian_source(parts, {}, {}, shipped());
    } catch (const Error& error) {
      return error.diagnostic().hint.value_or("");
    }
    return "no error";
  };
  EXPECT_EQ(hint("debian-12", "arm64"), "choose kernels of one architecture with --flavor: their releases do not name it");
  EXPECT_EQ(hint("debian-13", "amd64"), "choose kernels of one distribution with --flavor");
}

TEST(DebianSource, NeedsHeadersForAllPackagesWhereEachIsForOneArchitecture) {
  const auto paragraphs = parse_deb822(text_of(source_of(Sample()), "control"), "control");
  EXPECT_THAT(paragraphs.at(0).field("Build-Depends"), HasSubstr("linux-headers-6.1.0-7-amd64"));
  EXPECT_EQ(paragraphs.at(0).field("Build-Depends-Arch"), "");
}

TEST(DebianSource, NamesTheHeadersAsTheArchiveDoes) {
  Sample sample;
  sample.kernel.packages = {{.role = ArchiveRole::headers, .name = "proxmox-headers-6.1.0-7-amd64"}};
  EXPECT_THAT(text_of(source_of(sample), "control"), HasSubstr(" proxmox-headers-6.1.0-7-amd64 (>= 6.1.20-2) [amd64]"));
  sample.kernel.packages.clear();
  sample.kernel.package_version.clear();
  EXPECT_THAT(text_of(source_of(sample), "control"), HasSubstr(" linux-headers-6.1.0-7-amd64 [amd64]"));
}

}  // namespace
}  // namespace kmpack
