#include "verify/packed_modules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kmpack/diagnostic.hpp"
#include "support/handmade_deb.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;

fs::path written(const TempDir& directory, const test::HandmadeDeb& deb) {
  deb.write(directory.path() / "a.deb");
  return directory.path() / "a.deb";
}

std::vector<PackedModule> modules_of(const fs::path& package) { return packed_modules(read_contents(package)); }

TEST(PackedModules, AreReadInOrderOfTheirPaths) {
  const TempDir directory;
  test::HandmadeDeb deb;
  deb.add("/usr/share/doc/a/README.ko.txt", "no module");
  deb.add("/lib/modules/1/updates/b.ko", "second");
  deb.add("/lib/modules/1/updates/a.ko.xz", "first");
  deb.files.push_back(
      {ArchiveMember{
           .name = "./lib/modules/1/updates/c.ko", .type = MemberType::hardlink, .link = "./lib/modules/1/updates/b.ko"},
       ""});
  const std::vector<PackedModule> modules = modules_of(written(directory, deb));
  ASSERT_EQ(modules.size(), 3U);
  EXPECT_EQ(modules[0].installed, "/lib/modules/1/updates/a.ko.xz");
  EXPECT_EQ(modules[0].bytes, "first");
  EXPECT_EQ(modules[1].bytes, "second");
  EXPECT_EQ(modules[2].installed, "/lib/modules/1/updates/c.ko");
  EXPECT_EQ(modules[2].bytes, "second");
}

TEST(PackedModules, BelowALinkAreRefused) {
  const TempDir directory;
  test::HandmadeDeb deb;
  deb.files.push_back({ArchiveMember{.name = "./lib/modules/1/updates", .type = MemberType::symlink, .link = "../2"}, ""});
  deb.add("/lib/modules/1/updates/a.ko", "module");
  try {
    modules_of(written(directory, deb));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostic().code, "archive-hostile");
    EXPECT_THAT(error.diagnostic().message,
                EndsWith("the member 'lib/modules/1/updates/a.ko' lies below 'lib/modules/1/updates', which is not a directory"));
  }
}

TEST(PackedModules, ThatAreHardLinksToSomethingElseAreRefused) {
  const TempDir directory;
  test::HandmadeDeb deb;
  deb.add("/usr/share/doc/a/copyright", "text");
  deb.files.push_back(
      {ArchiveMember{.name = "./lib/modules/1/a.ko", .type = MemberType::hardlink, .link = "./usr/share/doc/a/copyright"}, ""});
  EXPECT_THROW(modules_of(written(directory, deb)), Error);
}

}  // namespace
}  // namespace kmpack
