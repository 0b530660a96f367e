#include "pipeline/record.hpp"

#include <gtest/gtest.h>

#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace kmpack {
namespace {

class CellRecordTest : public ::testing::Test {
 protected:
  CellRecordTest() {
    make_directories(home / "modules");
    make_directories(home / "packages");
    write_file(home / "modules/hello.ko", "module");
    write_file(home / "packages/hello.deb", "package");
    record.parts = parts;
    record.package = "hello";
    record.flavor = "debian-12/amd64";
    record.release = KernelRelease("6.1.0-1-amd64");
    record.result = "key";
    record.modules = {{ModuleName("hello"), home / "modules/hello.ko", sha256_of("module"), "Signer"}};
    record.packages = {
        {Format::deb, PackageKind::flavor_meta, home / "packages/hello.deb", sha256_of("package"), "hello", "1-1", "amd64"}};
    write_file(home / "Module.symvers", "symbols");
    record.symvers = home / "Module.symvers";
    record.symvers_sha256 = sha256_of("symbols");
    write_record(home / "record.json", record);
  }

  [[nodiscard]] std::optional<CellRecord> read() const { return read_record(home / "record.json", digest_of(parts)); }

  const InputParts parts{{InputPart::sources, "abc"}, {InputPart::compiler, "def"}};
  TempDir dir;
  std::filesystem::path home = dir.path() / "cell";
  CellRecord record;
};

TEST_F(CellRecordTest, IsReadBackWhole) {
  const auto read = this->read();
  ASSERT_TRUE(read);
  EXPECT_EQ(read->parts, parts);
  EXPECT_EQ(read->package, "hello");
  EXPECT_EQ(read->flavor, "debian-12/amd64");
  EXPECT_EQ(read->release, record.release);
  EXPECT_EQ(read->result, "key");
  ASSERT_EQ(read->modules.size(), 1U);
  EXPECT_EQ(read->modules[0].name, ModuleName("hello"));
  EXPECT_EQ(read->modules[0].signed_by, "Signer");
  ASSERT_EQ(read->packages.size(), 1U);
  EXPECT_EQ(read->packages[0].kind, PackageKind::flavor_meta);
  EXPECT_EQ(read->packages[0].path, home / "packages/hello.deb");
  EXPECT_EQ(read->packages[0].version, "1-1");
  EXPECT_EQ(read->symvers, home / "Module.symvers");
  EXPECT_EQ(read->symvers_sha256, sha256_of("symbols"));
}

TEST_F(CellRecordTest, KeepsTheKindOfEachPackage) {
  using enum PackageKind;
  const PackageFile package = record.packages.front();
  const std::vector kinds{modules, flavor_meta, common, certificate, debug_info, debug_source};
  record.packages.clear();
  for (const PackageKind kind : kinds) {
    record.packages.push_back(package);
    record.packages.back().kind = kind;
  }
  write_record(home / "record.json", record);
  std::vector<PackageKind> found;
  const CellRecord again = read().value();
  for (const PackageFile& each : again.packages) found.push_back(each.kind);
  EXPECT_EQ(found, kinds);
}

TEST_F(CellRecordTest, IsNotUsedForOtherInputs) {
  EXPECT_FALSE(read_record(home / "record.json", digest_of({{InputPart::sources, "abd"}})));
}

TEST_F(CellRecordTest, IsNotUsedWhenItsModulesWereTakenFromAnotherKernel) {
  record.reused_from = KernelRelease("6.1.0-0-amd64");
  write_record(home / "record.json", record);
  EXPECT_FALSE(read()) << "only who asks for such modules gets them";
  const auto found = find_record(home / "record.json");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->reused_from, record.reused_from);
}

TEST_F(CellRecordTest, KeepsEachPartOfTheInputs) {
  for (int part = 0; part <= static_cast<int>(InputPart::package_format); ++part) {
    record.parts[static_cast<InputPart>(part)] = "value " + std::to_string(part);
  }
  write_record(home / "record.json", record);
  EXPECT_EQ(find_record(home / "record.json").value().parts, record.parts);
}

TEST_F(CellRecordTest, IsNotUsedWhenAPackageChangedSince) {
  write_file(home / "packages/hello.deb", "tampered");
  EXPECT_FALSE(read());
}

TEST_F(CellRecordTest, IsNotUsedWhenAModuleIsGone) {
  remove_tree(home / "modules/hello.ko");
  EXPECT_FALSE(read());
}

TEST_F(CellRecordTest, IsNotUsedWhenTheSymbolsForOtherPackagesChangedSince) {
  write_file(home / "Module.symvers", "");
  EXPECT_FALSE(read());
}

TEST_F(CellRecordTest, IsAsGoodAsAbsentWhenCutOff) {
  const std::string text = read_file(home / "record.json");
  for (std::size_t length = 0; length + 2 < text.size(); length += 7) {
    write_file(home / "record.json", text.substr(0, length));
    EXPECT_FALSE(read()) << "cut at " << length;
  }
}

TEST_F(CellRecordTest, SurvivesTheWorkspaceBeingMoved) {
  std::filesystem::rename(home, dir.path() / "moved");
  const auto read = read_record(dir.path() / "moved/record.json", digest_of(parts));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->modules[0].path, dir.path() / "moved/modules/hello.ko");
}

}  // namespace
}  // namespace kmpack
