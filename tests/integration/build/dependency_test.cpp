#include "fixture.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::HasSubstr;

/// `exporter` and `user` as packages of their own.
class BuildAgainstAPackage : public Build {
 protected:
  BuildRecord exporter() {
    use_source("pair");
    add_module("exporter", "exporter");
    BuildRecord record = build("exporter");
    manifest_.modules.clear();
    add_module("user", "user");
    manifest_.name = PackageName{"user"};
    return record;
  }
};

TEST_F(BuildAgainstAPackage, HasItsSymbolsAndDoesNotPassThemOffAsItsOwn) {
  KMPACK_NEEDS_HEADERS(root, "amd64", "6.1");
  use_headers(root, "amd64");
  const BuildRecord first = exporter();
  write_file(temp_.path() / "empty", "");
  settings_.symbols = {{.file = temp_.path() / "empty", .name = "exports-nothing", .version = "1"},
                       {.file = first.symvers, .name = "exporter-dkms", .version = "2.5"},
                       {.file = temp_.path() / "empty", .name = "../../outside", .version = "1"}};
  const BuildRecord record = build("user");
  ASSERT_EQ(record.modules.size(), 1U);
  EXPECT_THAT(read_file(record.modules[0].file), HasSubstr("depends=exporter"));
  EXPECT_EQ(read_file(record.symvers), "");
  bool found = false;
  for (const TreeEntry& entry : walk(temp_.path() / "user")) {
    found |= entry.relative.string().ends_with("/exporter-dkms/2.5/" + release() + "/x86_64/module/Module.symvers");
  }
  EXPECT_TRUE(found) << "makefiles that look in $dkms_tree find nothing";
  EXPECT_FALSE(fs::exists(temp_.path() / "outside"));
}

TEST_F(BuildAgainstAPackage, IsRefusedByModpostWithoutItsSymbols) {
  KMPACK_NEEDS_HEADERS(root, "amd64", "6.1");
  use_headers(root, "amd64");
  exporter();
  EXPECT_THAT(failure(), HasSubstr("\"kmpack_test_answer\""));
}

}  // namespace
}  // namespace kmpack
