#include "manifest/kbuild.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "manifest/reader.hpp"
#include "manifest/writer.hpp"
#include "support/manifests/sample_manifest.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

constexpr const char* kSource = R"(// SPDX-License-Identifier: GPL-2.0-or-later
MODULE_LICENSE("GPL");
MODULE_VERSION("2.1");
MODULE_DESCRIPTION("Drives <everything>");
MODULE_AUTHOR("Ann Author <ann@example.org>");
)";

class FromKbuild : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& text) { write_file(dir_.path() / "project" / name, text); }
  std::optional<Manifest> read() { return manifest_from_kbuild(dir_.path() / "project", problems_); }
  [[nodiscard]] std::multiset<std::string> codes() const {
    std::multiset<std::string> codes;
    for (const Diagnostic& problem : problems_.all()) codes.insert(std::string(problem.code));
    return codes;
  }
  static std::string modules(const Manifest& manifest) {
    std::string text;
    for (const ModuleSpec& module : manifest.modules) text += module.directory.string() + ":" + module.name.str() + " ";
    return text;
  }
  TempDir dir_;
  Diagnostics problems_;
};

using Codes = std::multiset<std::string>;

TEST_F(FromKbuild, TakesEverythingFromSourcesThatSayEverything) {
  put("Kbuild", "obj-m := my_driver.o\nmy_driver-objs := main.o\n");
  put("Makefile", "obj-m := other.o\n");
  put("main.c", kSource);
  const auto manifest = read();
  ASSERT_TRUE(manifest.has_value());
  EXPECT_EQ(codes(), Codes{});
  EXPECT_EQ(manifest->name.str(), "my-driver");
  EXPECT_EQ(manifest->version, "2.1");
  EXPECT_EQ(manifest->license, "GPL-2.0-or-later");
  EXPECT_EQ(manifest->summary, "Drives <everything>");
  EXPECT_EQ(manifest->maintainer.name, "Ann Author");
  EXPECT_EQ(manifest->maintainer.mail, "ann@example.org");
  EXPECT_EQ(manifest->source.directory, dir_.path() / "project");
  EXPECT_EQ(modules(*manifest), ".:my_driver ");
}

TEST_F(FromKbuild, GivesAManifestThatCanBeWrittenAndReadAgain) {
  put("Makefile", "obj-m := a_b.o c.o sub/\n");
  put("sub/Kbuild", "obj-m += d.o\n");
  put("a_b.c", kSource);
  auto manifest = read();
  ASSERT_TRUE(manifest.has_value());
  manifest->file = dir_.path() / "project/kmpack.xml";
  Diagnostics problems;
  const auto again = parse_manifest(render_manifest(*manifest), manifest->file, problems);
  for (const Diagnostic& problem : problems.all()) ADD_FAILURE() << to_text(problem);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(test::all_fields(*again), test::all_fields(*manifest));
}

TEST_F(FromKbuild, IsWhatReadingAKbuildOrMakefileGives) {
  put("Makefile", "obj-m := a.o\n");
  const auto manifest = read_manifest(dir_.path() / "project/Makefile", problems_);
  ASSERT_TRUE(manifest.has_value());
  EXPECT_EQ(modules(*manifest), ".:a ");
}

TEST_F(FromKbuild, TellsWhatItHadToGuess) {
  put("Makefile", "obj-m := a1.o\n");
  put("a1.c", "MODULE_LICENSE(\"Dual MIT/GPL\");\nMODULE_VERSION(\"v1-2\");\n");
  const auto manifest = read();
  ASSERT_TRUE(manifest.has_value());
  ASSERT_EQ(codes(), Codes{"kbuild-guess"});
  EXPECT_EQ(problems_.all()[0].severity, Severity::warning);
  EXPECT_EQ(problems_.all()[0].notes.size(), 4U);
  EXPECT_EQ(manifest->license, "MIT OR GPL-2.0-only");
  EXPECT_EQ(manifest->version, "0");
}

TEST_F(FromKbuild, JoinsTheLicensesOfAllSources) {
  put("Makefile", "obj-m := a.o b.o\n");
  put("a.c", "// SPDX-License-Identifier: MIT OR GPL-2.0-only\n");
  put("b.c", "// SPDX-License-Identifier: GPL-2.0-only\n");
  EXPECT_EQ(read()->license, "(MIT OR GPL-2.0-only) AND GPL-2.0-only");
}

TEST_F(FromKbuild, GoesIntoDirectoriesAndWarns) {
  put("Makefile", "obj-m := a.o drivers/\nobj-$(CONFIG_B) += b.o\n");
  put("drivers/Makefile", "obj-m := c.o usb/\n");
  put("drivers/usb/Kbuild", "obj-m := d.o\n");
  const auto manifest = read();
  ASSERT_TRUE(manifest.has_value());
  EXPECT_EQ(modules(*manifest), ".:a drivers:c drivers/usb:d .:b ");
  EXPECT_EQ(codes(), (Codes{"kbuild-conditional", "kbuild-guess", "kbuild-subdirectory", "kbuild-subdirectory"}));
}

TEST_F(FromKbuild, TakesAModuleNamedInTwoBranchesOnce) {
  put("Makefile", "ifneq ($(KERNELRELEASE),)\nobj-m := a.o\nelse\nobj-m := a.o\nendif\n");
  EXPECT_EQ(modules(*read()), ".:a ");
}

TEST_F(FromKbuild, SaysWhereItCannotTell) {
  put("Makefile", "obj-m := $(shell ls *.c)\nobj-m += ../outside/ gone/\n");
  EXPECT_FALSE(read().has_value());
  // Three words of the shell call, a directory outside, one that is not there.
  EXPECT_EQ(problems_.error_count(), 5U);
  EXPECT_EQ(codes().count("kbuild-unclear"), 5U);
}

TEST_F(FromKbuild, SaysWhenNoModuleIsNamed) {
  put("Makefile", "obj-m :=\n");
  EXPECT_FALSE(read().has_value());
  EXPECT_EQ(codes(), Codes{"kbuild-no-modules"});
}

TEST_F(FromKbuild, EndsInACircleOfDirectories) {
  put("Makefile", "obj-m := a.o loop/\n");
  std::filesystem::create_directory_symlink(".", dir_.path() / "project/loop");
  EXPECT_FALSE(read().has_value());
  EXPECT_EQ(codes().count("kbuild-unclear"), 1U);
}

}  // namespace
}  // namespace kmpack
