#include "manifest/module_source.hpp"

#include <gtest/gtest.h>

namespace kmpack {
namespace {

TEST(ModuleSource, ReadsTheMacrosAndTheLicenseLine) {
  const ModuleSource source = read_module_source(R"(// SPDX-License-Identifier: GPL-2.0-only
MODULE_LICENSE("GPL");
MODULE_VERSION ( "1.2" );
MODULE_DESCRIPTION("A driver "
                   "in two lines");
MODULE_AUTHOR("Ann <ann@example.org>");
MODULE_AUTHOR("Bob <bob@example.org>");
)");
  EXPECT_EQ(source.spdx, "GPL-2.0-only");
  EXPECT_EQ(source.module_license, "GPL");
  EXPECT_EQ(source.version, "1.2");
  EXPECT_EQ(source.description, "A driver in two lines");
  EXPECT_EQ(source.author, "Ann <ann@example.org>");
}

TEST(ModuleSource, EndsTheLicenseLineWithItsComment) {
  EXPECT_EQ(read_module_source("/* SPDX-License-Identifier: MIT */ int x;\n").spdx, "MIT");
}

TEST(ModuleSource, FollowsNamesThatTheFileDefines) {
  const ModuleSource source = read_module_source(
      "#define NAME \"drv\"\n#  define VER \"2.0\"\nMODULE_VERSION(VER);\nMODULE_DESCRIPTION(NAME \" driver\");\n");
  EXPECT_EQ(source.version, "2.0");
  EXPECT_EQ(source.description, "drv driver");
}

TEST(ModuleSource, SaysNothingWhereAPreprocessorWouldBeNeeded) {
  const ModuleSource source =
      read_module_source("MODULE_VERSION(__stringify(A) \".1\");\nMODULE_AUTHOR(UNKNOWN);\nXMODULE_LICENSE(\"GPL\")\n");
  EXPECT_EQ(source.version, "");
  EXPECT_EQ(source.author, "");
  EXPECT_EQ(source.module_license, "");
}

TEST(ModuleSource, EndsAtAStringThatDoesNotEnd) {
  EXPECT_EQ(read_module_source("MODULE_LICENSE(\"GPL").module_license, "");
  EXPECT_EQ(read_module_source("MODULE_LICENSE(").module_license, "");
  const ModuleSource named = read_module_source("\n\nMODULE_LICENSE(OUR_LICENSE);\nMODULE_AUTHOR(X);\nMODULE_AUTHOR(\"a\");\n");
  EXPECT_EQ(named.license_argument, "OUR_LICENSE");
  EXPECT_EQ(named.license_line, 3U);
  EXPECT_EQ(named.author, "a");
  EXPECT_EQ(named.author_line, 5U);
  EXPECT_EQ(named.version_line, 0U);
  EXPECT_EQ(read_module_source("#define").spdx, "");
}

}  // namespace
}  // namespace kmpack
