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
    record.inputs = "abc";
    record.modules = {{ModuleName("hello"), home / "modules/hello.ko", sha256_of("module"), "Signer"}};
    record.packages = {
        {Format::deb, PackageKind::flavor_meta, home / "packages/hello.deb", sha256_of("package"), "hello", "1-1", "amd64"}};
    write_file(home / "Module.symvers", "symbols");
    record.symvers = home / "Module.symvers";
    record.symvers_sha256 = sha256_of("symbols");
    write_record(home / "record.json", record);
  }

  TempDir dir;
  std::filesystem::path home = dir.path() / "cell";
  CellRecord record;
};

TEST_F(CellRecordTest, IsReadBackWhole) {
  const auto read = read_record(home / "record.json", "abc");
  ASSERT_TRUE(read);
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
  std::vector<PackageKind> read;
  const CellRecord again = read_record(home / "record.json", "abc").value();
  for (const PackageFile& each : again.packages) read.push_back(each.kind);
  EXPECT_EQ(read, kinds);
}

TEST_F(CellRecordTest, IsNotUsedForOtherInputs) { EXPECT_FALSE(read_record(home / "record.json", "abd")); }

TEST_F(CellRecordTest, IsNotUsedWhenAPackageChangedSince) {
  write_file(home / "packages/hello.deb", "tampered");
  EXPECT_FALSE(read_record(home / "record.json", "abc"));
}

TEST_F(CellRecordTest, IsNotUsedWhenAModuleIsGone) {
  remove_tree(home / "modules/hello.ko");
  EXPECT_FALSE(read_record(home / "record.json", "abc"));
}

TEST_F(CellRecordTest, IsNotUsedWhenTheSymbolsForOtherPackagesChangedSince) {
  write_file(home / "Module.symvers", "");
  EXPECT_FALSE(read_record(home / "record.json", "abc"));
}

TEST_F(CellRecordTest, IsAsGoodAsAbsentWhenCutOff) {
  const std::string text = read_file(home / "record.json");
  for (std::size_t length = 0; length + 2 < text.size(); length += 7) {
    write_file(home / "record.json", text.substr(0, length));
    EXPECT_FALSE(read_record(home / "record.json", "abc")) << "cut at " << length;
  }
}

TEST_F(CellRecordTest, SurvivesTheWorkspaceBeingMoved) {
  std::filesystem::rename(home, dir.path() / "moved");
  const auto read = read_record(dir.path() / "moved/record.json", "abc");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->modules[0].path, dir.path() / "moved/modules/hello.ko");
}

}  // namespace
}  // namespace kmpack
