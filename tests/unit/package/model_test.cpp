#include "package/model.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>

#include "package/deb_models.hpp"
#include "package/make.hpp"
#include "package/model_parts.hpp"
#include "support/golden.hpp"
#include "support/sample_cell.hpp"
#include "support/thrown.hpp"
#include "wrap/crypto.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;

PackageModel modules_of(const test::SampleCell& sample, Format format) {
  return module_package_model(sample.cell(), sample.headers, sample.modules, sample.build, format);
}

std::string listing(const PackageModel& model) {
  std::string text;
  for (const PackedFile& file : model.files) text += file.path.string() + "\n";
  return text;
}

bool needs(const PackageModel& model, const std::string& name) {
  return std::ranges::any_of(model.needs, [&](const Relation& relation) { return relation.any_of == std::vector{name}; });
}

TEST(ModulePackageModel, PutsModulesBelowTheirReleaseAndNeverIntoTheKernelsOwnDirectory) {
  const test::SampleCell sample;
  test::expect_golden("package/modules.files",
                      listing(modules_of(sample, Format::deb)) + listing(modules_of(sample, Format::rpm)));
}

TEST(ModulePackageModel, FollowsTheDistributionsRootAndDirectory) {
  test::SampleCell sample;
  sample.kernel.rules.modules_root = "/usr/lib/modules";
  sample.kernel.rules.directory = "extra/{name}/x";
  const PackageModel model = modules_of(sample, Format::rpm);
  EXPECT_EQ(model.files.back().path, "/usr/share/licenses/kmod-hello-6.1.0-7-amd64/COPYING");
  EXPECT_EQ(model.files.front().path, "/usr/lib/modules/6.1.0-7-amd64/extra/hello/x/hello-more.ko");
  EXPECT_EQ(model.scripts.release_root, "/usr/lib/modules/6.1.0-7-amd64");
}

TEST(ModulePackageModel, SpellsNamesAsEachFormatWantsThem) {
  test::SampleCell sample;
  sample.manifest.name = PackageName{"Hello_World+"};
  EXPECT_EQ(modules_of(sample, Format::deb).name, "hello-world+-modules-6.1.0-7-amd64");
  EXPECT_EQ(modules_of(sample, Format::rpm).name, "kmod-Hello_World+-6.1.0-7-amd64");
}

TEST(ModulePackageModel, SpellsArchitecturesAsEachFormatWantsThem) {
  test::SampleCell sample;
  sample.kernel.flavor.arch = "arm64";
  EXPECT_EQ(modules_of(sample, Format::deb).arch, "arm64");
  EXPECT_EQ(modules_of(sample, Format::rpm).arch, "aarch64");
  sample.kernel.flavor.arch = "vax";
  EXPECT_EQ(test::code_thrown_by([&] { modules_of(sample, Format::deb); }), "architecture-unknown");
}

TEST(ModulePackageModel, CarriesTheKernelPackagesVersionOfADebianKernel) {
  test::SampleCell sample;
  EXPECT_EQ(modules_of(sample, Format::deb).full_version(), "1.2-1+6.1.20+2");
  EXPECT_EQ(modules_of(sample, Format::rpm).full_version(), "1.2-1+6.1.20_2");
  sample.kernel.package_version.clear();
  EXPECT_EQ(modules_of(sample, Format::deb).full_version(), "1.2-1");
  sample.kernel.package_version = "5.14.0-427.22.1.el9_4";
  sample.kernel.rules.family = PackageFamily::rpm;
  EXPECT_EQ(modules_of(sample, Format::rpm).full_version(), "1.2-1");
}

TEST(ModulePackageModel, KeepsTheEpochOfAKernelsVersionInTheOrder) {
  test::SampleCell sample;
  sample.kernel.package_version = "1:6.6.31-1+rpt1";
  EXPECT_EQ(modules_of(sample, Format::deb).full_version(), "1.2-1+e1.6.6.31+1+rpt1");
  sample.kernel.package_version = "0:6.6.31-1";
  EXPECT_EQ(modules_of(sample, Format::deb).full_version(), "1.2-1+6.6.31+1");
}

TEST(DebModels, HaveTheCertificateWhereModulesAreSigned) {
  test::SampleCell sample;
  const fs::path certificate = sample.directory.path() / "mok.pem";
  const auto modules = [&](const fs::path& file) {
    return deb_models(sample.cell(), sample.headers, sample.modules, sample.build, {.certificate = file}).front();
  };
  EXPECT_EQ(modules({}).scripts.enrol, "");
  write_file(certificate, "no certificate");
  EXPECT_EQ(test::code_thrown_by([&] { modules(certificate); }), "certificate-unreadable");
  const auto now = std::chrono::system_clock::now();
  const X509Certificate made = RsaKey::generate(2048).self_signed(
      {.common_name = "Test", .organization = "Test", .not_before = now, .not_after = now + std::chrono::hours(1)});
  write_file(certificate, made.pem());
  const PackageModel model = modules(certificate);
  const fs::path place = "/usr/share/hello-modules-6.1.0-7-amd64/mok.der";
  EXPECT_EQ(model.scripts.enrol, place);
  const auto file = std::ranges::find(model.files, place, &PackedFile::path);
  ASSERT_NE(file, model.files.end());
  EXPECT_EQ(file->content, made.der());
  EXPECT_TRUE(std::ranges::is_sorted(model.files, {}, &PackedFile::path));
}

TEST(DebModels, HaveNoDebugSymbolsForAKernelThatComesInRpms) {
  test::SampleCell sample;
  sample.kernel.rules.family = PackageFamily::rpm;
  write_file(sample.directory.path() / "sealed/debug/hello.ko.debug", "not even read");
  EXPECT_EQ(deb_models(sample.cell(), sample.headers, sample.modules, sample.build, {}).size(), 2U);
}

TEST(ModulePackageModel, PinsARedHatKernelByItsReleaseAndADebianOneByName) {
  test::SampleCell sample;
  EXPECT_TRUE(needs(modules_of(sample, Format::rpm), "kernel-6.1.0-7-amd64"));
  sample.kernel.release = KernelRelease{"5.14.0-427.22.1.el9_4.x86_64"};
  const PackageModel model = modules_of(sample, Format::rpm);
  ASSERT_TRUE(needs(model, "kernel-uname-r"));
  EXPECT_EQ(model.needs.at(1).version, "5.14.0-427.22.1.el9_4.x86_64");
}

TEST(ModulePackageModel, AsksForItsModulesInAnInitramfsByName) {
  test::SampleCell sample;
  EXPECT_THAT(listing(modules_of(sample, Format::deb)), ::testing::Not(::testing::HasSubstr("dracut")));
  sample.manifest.install.initramfs = Initramfs::yes;
  const PackageModel model = modules_of(sample, Format::deb);
  const auto content = [&](const fs::path& place) {
    const auto file = std::ranges::find(model.files, place, &PackedFile::path);
    return file == model.files.end() ? "absent" : file->content;
  };
  EXPECT_EQ(content("/usr/share/initramfs-tools/modules.d/hello-modules-6.1.0-7-amd64"), "hello\nhello-more\n");
  EXPECT_EQ(content("/usr/lib/dracut/dracut.conf.d/hello-modules-6.1.0-7-amd64.conf"), "add_drivers+=\" hello hello-more \"\n");
  EXPECT_TRUE(std::ranges::is_sorted(model.files, {}, &PackedFile::path));
}

TEST(ModulePackageModel, NeedsTheCommonPackageOnlyWhenThereIsOne) {
  test::SampleCell sample;
  EXPECT_FALSE(needs(modules_of(sample, Format::deb), "hello-modules-common"));
  sample.add_common_files();
  EXPECT_TRUE(needs(modules_of(sample, Format::deb), "hello-modules-common"));
  EXPECT_TRUE(needs(modules_of(sample, Format::rpm), "hello-kmod-common"));
  EXPECT_EQ(modules_of(sample, Format::deb).needs.back().compare, ">=");
  EXPECT_EQ(modules_of(sample, Format::deb).needs.back().version, "1.2-1");
}

TEST(ModulePackageModel, SharesNoFileWithThePackageOfAnotherKernel) {
  test::SampleCell sample;
  sample.add_common_files();
  for (const Format format : {Format::deb, Format::rpm}) {
    sample.kernel.release = KernelRelease{"6.1.0-7-amd64"};
    const std::string first = listing(modules_of(sample, format));
    sample.kernel.release = KernelRelease{"6.1.0-8-amd64"};
    for (const PackedFile& file : modules_of(sample, format).files) {
      EXPECT_EQ(first.find(file.path.string() + "\n"), std::string::npos) << file.path;
    }
  }
}

TEST(ModulePackageModel, RefusesAReleaseThatIsShellText) {
  test::SampleCell sample;
  sample.kernel.release = KernelRelease{"6.1$(reboot)"};
  EXPECT_EQ(test::code_thrown_by([&] { modules_of(sample, Format::deb); }), "package-name-invalid");
  EXPECT_EQ(test::code_thrown_by([&] { flavor_meta_model(sample.cell(), sample.headers); }), "package-name-invalid");
}

TEST(ModulePackageModel, KeepsTheSynopsisShorterThanEightyCharacters) {
  test::SampleCell sample;
  sample.manifest.summary = std::string(70, 'a');
  EXPECT_EQ(modules_of(sample, Format::deb).summary, std::string(70, 'a'));
  sample.manifest.summary = "Greets";
  EXPECT_EQ(modules_of(sample, Format::deb).summary, "Greets (Linux 6.1.0-7-amd64)");
}

TEST(FlavorMetaModel, PinsTheModulesAndTheNewestKernel) {
  const test::SampleCell sample;
  const PackageModel meta = flavor_meta_model(sample.cell(), sample.headers);
  EXPECT_EQ(meta.name, "hello-modules-amd64");
  ASSERT_EQ(meta.needs.size(), 2U);
  EXPECT_EQ(meta.needs[0].any_of, std::vector<std::string>{"hello-modules-6.1.0-7-amd64"});
  EXPECT_EQ(meta.needs[0].version, modules_of(sample, Format::deb).full_version());
  EXPECT_EQ(meta.needs[1].any_of, std::vector<std::string>{"linux-latest-modules-6.1.0-7-amd64"});
}

TEST(CommonPackageModel, HoldsWhatBelongsToNoKernel) {
  test::SampleCell sample;
  EXPECT_FALSE(needs_common_package(sample.manifest));
  sample.add_common_files();
  ASSERT_TRUE(needs_common_package(sample.manifest));
  const PackageModel deb = common_package_model(sample.manifest, sample.kernel.rules, Format::deb, 1);
  EXPECT_EQ(deb.arch, "all");
  const PackedFile& modprobe = deb.files.front();
  EXPECT_EQ(modprobe.path, "/etc/modprobe.d/hello.conf");
  EXPECT_EQ(modprobe.kind, FileKind::config);
  EXPECT_EQ(modprobe.content, "softdep hello pre: crc32c post: loop dummy\noptions hello loud=1\nblacklist goodbye\n");
  EXPECT_EQ(common_package_model(sample.manifest, sample.kernel.rules, Format::rpm, 1).arch, "noarch");
  test::expect_golden("package/common-deb.files", listing(deb));
}

TEST(CommonPackageModel, LaysFirmwareBesideTheModules) {
  test::SampleCell sample;
  sample.add_common_files();
  sample.kernel.rules.modules_root = "/usr/lib/modules";
  const PackageModel model = common_package_model(sample.manifest, sample.kernel.rules, Format::rpm, 1);
  EXPECT_THAT(listing(model), ::testing::HasSubstr("\n/usr/lib/firmware/hello/fw.bin\n"));
  // Debs for Debian 12 and 13 lie in one pool under one name: the file must be the same.
  const std::string merged = listing(common_package_model(sample.manifest, sample.kernel.rules, Format::deb, 1));
  sample.kernel.rules.modules_root = "/lib/modules";
  EXPECT_EQ(listing(common_package_model(sample.manifest, sample.kernel.rules, Format::deb, 1)), merged);
  sample.manifest.install.firmware[0].name = "a*b";
  EXPECT_EQ(test::code_thrown_by([&] { common_package_model(sample.manifest, sample.kernel.rules, Format::rpm, 1); }),
            "package-path-invalid");
}

TEST(Wrapped, BreaksLongLinesAtBlanksAndLeavesTheRestAsItIs) {
  EXPECT_EQ(wrapped("short\n\n  indented"), "short\n\n  indented");
  const std::string words(40, 'a');
  EXPECT_EQ(wrapped(words + " " + words + " b"), words + "\n" + words + " b");
  const std::string edge = std::string(39, 'a') + " " + std::string(39, 'b');
  EXPECT_EQ(wrapped(edge), edge) << "79 characters fit";
  const std::string one_word(200, 'x');
  EXPECT_EQ(wrapped(one_word), one_word);
  EXPECT_EQ(wrapped("  " + one_word + " y"), "  " + one_word + " y");
}

}  // namespace
}  // namespace kmpack
