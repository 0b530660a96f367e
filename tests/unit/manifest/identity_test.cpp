#include "manifest/identity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::ElementsAre;

class DkmsIdentityOfSources : public testing::Test {
 protected:
  void write(const fs::path& file, std::string_view text) {
    make_directories((dir_.path() / file).parent_path());
    write_file(dir_.path() / file, text);
  }

  std::vector<std::string> told(const std::vector<std::string>& modules) {
    manifest_.name = PackageName("drv");
    manifest_.version = "1";
    return fill_identity(manifest_, module_sources(dir_.path(), modules), dir_.path() / "dkms.conf");
  }

  TempDir dir_;
  Manifest manifest_;
};

TEST_F(DkmsIdentityOfSources, SayWhereEverythingWasFound) {
  write("src/a.c", R"(// SPDX-License-Identifier: GPL-2.0-only
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Drives");
MODULE_AUTHOR("A B <a@example.org>");
)");
  EXPECT_THAT(told({"a"}), ElementsAre("license: GPL-2.0-only, from SPDX lines, the first in src/a.c:1",
                                       "summary: 'Drives', from MODULE_DESCRIPTION in src/a.c:3",
                                       "maintainer: 'A B <a@example.org>', from MODULE_AUTHOR in src/a.c:4"));
  EXPECT_EQ(manifest_.summary, "Drives");
}

TEST_F(DkmsIdentityOfSources, TakeNoModulesDescriptionForAllOfThem) {
  for (const char* name : {"a", "b"})
    write(std::string(name) + ".c", "MODULE_LICENSE(\"GPL\");\nMODULE_DESCRIPTION(\"Drives " + std::string(name) + "\");\n");
  told({"a", "b"});
  EXPECT_EQ(manifest_.summary, "drv kernel modules");
  manifest_ = {};
  told({"a"});
  EXPECT_EQ(manifest_.summary, "Drives a") << "b.c is of no module of the package";
}

TEST_F(DkmsIdentityOfSources, DoNotDenyALicenseThatCannotBeRead) {
  write("a.c", "\nMODULE_LICENSE(JOOL_LICENSE);\nMODULE_DESCRIPTION(\"a\");\n");
  EXPECT_EQ(told({"a"}).front(), "license: unknown, as MODULE_LICENSE(JOOL_LICENSE) in a.c:2 is no text that can be read");
  EXPECT_EQ(manifest_.license, "LicenseRef-Unknown");
  manifest_ = {};
  write("a.c", "MODULE_LICENSE(\"http://example.org/license\");\n");
  EXPECT_EQ(told({"a"}).front(),
            "license: unknown, as MODULE_LICENSE(\"http://example.org/license\") in a.c:1 is none that the kernel knows");
  manifest_ = {};
  write("a.c", "MODULE_LICENSE(\"GPL\");\n");
  EXPECT_EQ(told({"a"}).front(), "license: from MODULE_LICENSE(\"GPL\") in a.c:1, which says nothing of later versions");
}

}  // namespace
}  // namespace kmpack
