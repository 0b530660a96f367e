#include "verify/contents.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inspect/trailer.hpp"
#include "kmpack/diagnostic.hpp"
#include "support/handmade_deb.hpp"
#include "sys/files.hpp"
#include "verify/guest_root.hpp"
#include "verify/in_tree.hpp"
#include "verify/userland.hpp"

namespace kmpack {
namespace {

using testing::ElementsAre;

TEST(ReleaseOf, IsTheDirectoryBelowEitherModulesRoot) {
  EXPECT_EQ(release_of("/lib/modules/6.1.0-1/updates/a.ko"), KernelRelease{"6.1.0-1"});
  EXPECT_EQ(release_of("/usr/lib/modules/6.1.0-1/updates/a.ko"), KernelRelease{"6.1.0-1"});
  EXPECT_FALSE(release_of("/lib/modules"));
  EXPECT_FALSE(release_of("/lib/modules/"));
  EXPECT_FALSE(release_of("/opt/lib/modules/6.1.0-1/a.ko"));
  EXPECT_FALSE(release_of("lib/modules/6.1.0-1/a.ko"));
  EXPECT_FALSE(release_of(""));
}

TEST(LinkStays, OnlyBelowTheRootAndNeverAbsolute) {
  EXPECT_TRUE(link_stays("/usr/share/doc/a/LICENSE", "../b/LICENSE"));
  EXPECT_TRUE(link_stays("/a/b/c", "../../d"));
  EXPECT_FALSE(link_stays("/a/b/c", "../../../d"));
  EXPECT_FALSE(link_stays("/a/b", "/etc/passwd"));
  EXPECT_FALSE(link_stays("/a", "x/../../y"));
  EXPECT_FALSE(link_stays("/a", ""));
}

TEST(SafePath, IsAbsoluteWithoutDots) {
  EXPECT_TRUE(is_safe_path("/lib/a"));
  EXPECT_FALSE(is_safe_path("lib/a"));
  EXPECT_FALSE(is_safe_path("/lib/../etc"));
}

TEST(ModuleKey, IsTheKernelsSpellingWithoutSuffixes) {
  EXPECT_EQ(module_key("snd-hda_intel.ko.xz"), "snd_hda_intel");
  EXPECT_EQ(module_key("a-b"), "a_b");
  EXPECT_EQ(module_key("a.ko"), "a");
  EXPECT_TRUE(is_module_file("a.ko.zst"));
  EXPECT_FALSE(is_module_file("a.ko.bak"));
}

TEST(FamilyOf, OtherFilesAreNamedInTheError) {
  EXPECT_EQ(family_of("a.deb"), PackageFamily::deb);
  EXPECT_EQ(family_of("a.rpm"), PackageFamily::rpm);
  try {
    static_cast<void>(family_of("a.tar"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(to_text(error.diagnostic()),
              "error: the name of a.tar ends neither in .deb nor in .rpm [package-unknown-format]\n"
              "  hint: give packages that `kmpack build` made");
  }
}

TEST(Contents, OfADebAreReadInOneShape) {
  const TempDir directory;
  test::HandmadeDeb deb;
  deb.depends = "linux-image-1 | linux-image-1-unsigned, kmod";
  deb.provides = "hello (= 1)";
  deb.scripts = {{"postinst", "#!/bin/sh\n"}};
  deb.add("/lib/modules/1/updates/a.ko", "module", 0600);
  deb.write(directory.path() / "a.deb");
  const PackageContents contents = read_contents(directory.path() / "a.deb");
  EXPECT_EQ(contents.name, "hello-modules");
  EXPECT_EQ(contents.version, "1.0-1");
  EXPECT_THAT(contents.needs, ElementsAre("linux-image-1 | linux-image-1-unsigned", "kmod"));
  EXPECT_THAT(contents.provides, ElementsAre("hello (= 1)"));
  EXPECT_EQ(contents.scripts.at("postinst"), "#!/bin/sh\n");
  ASSERT_FALSE(contents.entries.empty());
  EXPECT_EQ(contents.entries.back().path, "/lib/modules/1/updates/a.ko");
  EXPECT_EQ(contents.entries.back().mode, 0600U);
  EXPECT_EQ(contents.entries.back().owner, "root");
}

TEST(Unpack, FindsModulesAndKeepsTheInstalledPath) {
  const TempDir directory;
  test::HandmadeDeb deb;
  deb.add("/usr/share/doc/a/README.ko.txt", "no module");
  deb.add("/lib/modules/1/updates/a.ko", "module");
  deb.write(directory.path() / "a.deb");
  const auto modules = unpack_package(directory.path() / "a.deb", directory.path() / "x");
  ASSERT_EQ(modules.size(), 1U);
  EXPECT_EQ(modules.front().installed, "/lib/modules/1/updates/a.ko");
  EXPECT_EQ(read_file(modules.front().file), "module");
}

TEST(Unpack, HostileMemberEndsIt) {
  const TempDir directory;
  test::HandmadeDeb deb;
  deb.files.push_back({ArchiveMember{.name = "./../../escaped", .size = 1}, "x"});
  deb.write(directory.path() / "a.deb");
  EXPECT_THROW(unpack_package(directory.path() / "a.deb", directory.path() / "x"), Error);
  EXPECT_FALSE(std::filesystem::exists(directory.path().parent_path() / "escaped"));
}

TEST(TamperedCopy, ChangesOneByteOfTheContentAndKeepsTheSignature) {
  std::string module = "ELF content of a module";
  const std::string cms = "CMS";
  module += cms + std::string{"\0\0\2\0\0\0\0\0\0\0\0\3", 12} + std::string{kSignatureMagic};
  const std::string copy = tampered_copy(module);
  ASSERT_EQ(copy.size(), module.size());
  std::size_t different = 0;
  for (std::size_t place = 0; place < copy.size(); ++place) {
    if (copy[place] == module[place]) continue;
    ++different;
    EXPECT_LT(place, split_signature(module).content.size());
  }
  EXPECT_EQ(different, 1U);
}

TEST(RequireProgram, MissingOneIsNamedWithItsPackage) {
  try {
    static_cast<void>(require_program({.name = "kmpack-no-such-program", .package = "no-such-package"}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(to_text(error.diagnostic()),
              "error: verification needs the program kmpack-no-such-program, which is not installed [tool-missing]\n"
              "  hint: apt-get install no-such-package");
  }
}

TEST(FindProgram, PlaceThatCannotBeLookedAtIsPassedOver) {
  // As a directory in PATH that is closed to this user: looking fails, and with more than "absent".
  EXPECT_FALSE(find_program(std::string(5000, 'x')));
}

}  // namespace
}  // namespace kmpack
