#include "pipeline/reuse.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include <memory>

#include "support/fake_module.hpp"
#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;

Cell cell_of(const std::string& release) {
  auto manifest = std::make_shared<Manifest>();
  manifest->name = PackageName("hello");
  auto kernel = std::make_shared<Kernel>();
  kernel->flavor = {"debian-12", "amd64", "amd64"};
  kernel->release = KernelRelease(release);
  return {.manifest = manifest, .kernel = kernel};
}

/// A workspace with builds whose one module needs _printk, and a kernel that has it with the CRC 9.
class OlderBuildsTest : public ::testing::Test {
 protected:
  OlderBuildsTest() {
    write_file(dir.path() / "Module.symvers", "0x00000009\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n");
    make_directories(dir.path() / "include/linux");
    write_file(dir.path() / "include/linux/vermagic.h",
               "#define VERMAGIC_STRING UTS_RELEASE \" SMP preempt mod_unload modversions \"\n");
    headers.tree = dir.path();
    headers.symvers = dir.path() / "Module.symvers";
    headers.kernel = *cell.kernel;
    headers.config.modversions = true;
  }

  [[nodiscard]] fs::path home(const std::string& release) const { return dir.path() / "cells" / cell_of(release).key(); }

  template <class Change>
  void build(const std::string& release, std::uint32_t crc, Change change) {
    const fs::path home = this->home(release);
    make_directories(home / "modules");
    const std::string bytes = test::plain_module().needs("_printk", crc).bytes();
    write_file(home / "modules/plain.ko", bytes);
    write_file(home / "Module.symvers", "");
    CellRecord record{.parts = {{InputPart::sources, "s"}, {InputPart::manifest, "m"}},
                      .package = "hello",
                      .flavor = cell.kernel->flavor.text(),
                      .release = KernelRelease(release),
                      .modules = {{ModuleName("plain"), home / "modules/plain.ko", sha256_of(bytes), ""}},
                      .symvers = home / "Module.symvers",
                      .symvers_sha256 = sha256_of("")};
    change(record);
    write_record(home / "record.json", record);
    keys.insert(cell_of(release).key());
  }
  void build(const std::string& release, std::uint32_t crc) {
    build(release, crc, [](CellRecord&) {});
  }

  [[nodiscard]] std::string refused() const {
    return OlderBuildSearch(dir.path(), keys).of(cell, headers, {.sources = "s", .call = "c", .manifest = "m"}).refused;
  }

  TempDir dir;
  const Cell cell = cell_of("6.1.0-10-amd64");
  HeaderTree headers;
  CellKeys keys;
};

TEST_F(OlderBuildsTest, TellOfTheNewestKernelBeforeThisOne) {
  build("6.1.0-2-amd64", 2);
  build("6.1.0-9-amd64", 3);
  build("6.1.0-11-amd64", 4);
  EXPECT_EQ(refused(), "symbol _printk changed: 0x00000003 -> 0x00000009 (against the build for 6.1.0-9-amd64)");
}

TEST_F(OlderBuildsTest, AreOfTheSameSeries) {
  build("5.10.0-9-amd64", 3);
  build("6.0.0-9-amd64", 3);
  EXPECT_EQ(refused(), "");
}

TEST_F(OlderBuildsTest, AreOfTheSameSourcesAndManifest) {
  build("6.1.0-8-amd64", 2);
  build("6.1.0-9-amd64", 3, [](CellRecord& record) { record.parts[InputPart::sources] = "t"; });
  EXPECT_EQ(refused(), "source changed since the build for 6.1.0-9-amd64");
  build("6.1.0-9-amd64", 3, [](CellRecord& record) { record.parts[InputPart::manifest] = "n"; });
  EXPECT_EQ(refused(), "manifest changed since the build for 6.1.0-9-amd64");
  build("6.1.0-8-amd64", 9);
  EXPECT_EQ(refused(), "") << "one before it loads";
}

TEST_F(OlderBuildsTest, WereBuiltForTheirKernelAndAreWhole) {
  build("6.1.0-9-amd64", 3, [](CellRecord& record) { record.reused_from = KernelRelease("6.1.0-8-amd64"); });
  EXPECT_EQ(refused(), "") << "a chain of reuse";
  build("6.1.0-9-amd64", 3);
  EXPECT_NE(refused(), "");
  write_file(home("6.1.0-9-amd64") / "modules/plain.ko", "changed since");
  EXPECT_EQ(refused(), "");
}

TEST_F(OlderBuildsTest, AreWhatTheirRecordSaysAndNotTheirDirectorysName) {
  build("6.1.0-9-amd64", 3, [](CellRecord& record) { record.flavor = "debian-12/rt-amd64"; });
  EXPECT_EQ(refused(), "");
  build("6.1.0-9-amd64", 3, [](CellRecord& record) { record.package = "hello_debian-12"; });
  EXPECT_EQ(refused(), "");
}

TEST_F(OlderBuildsTest, AreNotAskedWhereTheKernelComparesNoCrcs) {
  build("6.1.0-9-amd64", 3);
  headers.config.modversions = false;
  EXPECT_EQ(refused(), "");
}

TEST_F(OlderBuildsTest, AreKnownByTheirNamesBeforeAnythingIsRead) {
  EXPECT_FALSE(OlderBuildSearch(dir.path(), keys).has_any(cell));
  keys.insert("hello_debian-12_rt-amd64_amd64_6.1.0-9-rt-amd64");
  EXPECT_FALSE(OlderBuildSearch(dir.path(), keys).has_any(cell));
  keys.insert(cell_of("6.1.0-9-amd64").key());
  EXPECT_TRUE(OlderBuildSearch(dir.path(), keys).has_any(cell));
}

TEST(LinkerOfModules, IsThatOfDistributionsThatLinkModulesBySymbols) {
  const auto linker = [](PackageFamily family, RpmStyle style, KernelPin pin, const std::vector<Format>& formats) {
    Cell cell = cell_of("6.4.0-1-default");
    auto kernel = std::make_shared<Kernel>(*cell.kernel);
    kernel->rules.family = family;
    kernel->rules.rpm.style = style;
    kernel->rules.rpm.pin = pin;
    cell.kernel = kernel;
    return std::string(linker_of_modules(cell, formats).value_or("none"));
  };
  EXPECT_EQ(linker(PackageFamily::rpm, RpmStyle::kmp, KernelPin::symbols, {}), "kernel-scriptlets");
  EXPECT_EQ(linker(PackageFamily::rpm, RpmStyle::kmod, KernelPin::symbols, {Format::rpm}), "weak-modules");
  EXPECT_EQ(linker(PackageFamily::rpm, RpmStyle::kmod, KernelPin::exact, {}), "none") << "such a package goes with its kernel";
  EXPECT_EQ(linker(PackageFamily::rpm, RpmStyle::kmod, KernelPin::symbols, {Format::rpm, Format::deb}), "none");
  EXPECT_EQ(linker(PackageFamily::rpm, RpmStyle::fedora, KernelPin::symbols, {}), "none");
  EXPECT_EQ(linker(PackageFamily::deb, RpmStyle::plain, KernelPin::symbols, {}), "none");
}

}  // namespace
}  // namespace kmpack
