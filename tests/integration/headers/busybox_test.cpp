#include "headers/busybox.hpp"

#include "integration/headers/fixture.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::HasSubstr;

const Architecture& arm64() { return *find_architecture("arm64"); }

test::TestPackage busybox(const std::string& version, const std::string& arch, const std::string& place = "./bin/busybox") {
  return {.name = "busybox-static",
          .version = version,
          .arch = arch,
          .files = {test::plain_file(place, "busybox " + version + " of " + arch, 0755)}};
}

class OpenBusybox : public test::ArchiveFixture {
 protected:
  void publish(std::initializer_list<test::TestPackage> packages) {
    archive_.clear();
    for (const test::TestPackage& package : packages) archive_.add(package);
    archive_.publish();
  }
  fs::path open() { return open_busybox(sources_, arm64(), errands()); }
};

TEST_F(OpenBusybox, TakesTheNewestOfThatArchitectureAndInstallsNothing) {
  publish({busybox("1:1.35-1", "arm64"), busybox("1:1.35-4", "arm64"), busybox("1:1.37-1", "amd64")});
  const fs::path program = open();
  EXPECT_EQ(read_file(program), "busybox 1:1.35-4 of arm64");
  EXPECT_THAT(program.string(), testing::StartsWith(sources_.cache.string()));
}

TEST_F(OpenBusybox, FindsItBelowUsrToo) {
  publish({busybox("1:1.37-6", "arm64", "./usr/bin/busybox")});
  EXPECT_EQ(read_file(open()), "busybox 1:1.37-6 of arm64");
}

TEST_F(OpenBusybox, NeedsNoArchiveTheSecondTime) {
  publish({busybox("1", "arm64")});
  const fs::path first = open();
  fs::rename(archive_.pool(), archive_.directory() / "away");
  sources_.metadata = Metadata::none;
  const int children = runner_.count;
  EXPECT_EQ(open(), first);
  EXPECT_EQ(runner_.count, children);
}

TEST_F(OpenBusybox, SaysThatNothingMayBeFetched) {
  publish({busybox("1", "arm64")});
  sources_.metadata = Metadata::none;
  EXPECT_EQ(
      complaint([&] { open(); }),
      "error: busybox-static for arm64, which a kernel of that architecture is booted with, is not in the header store, and "
      "nothing may be fetched [busybox-absent]\n  hint: run the same command once without --offline");
}

TEST_F(OpenBusybox, SaysThatNoSourceHasIt) {
  publish({busybox("1", "armhf")});
  EXPECT_THAT(complaint([&] { open(); }), HasSubstr("is in no package source of this machine [busybox-absent]"));
}

TEST_F(OpenBusybox, PackageWithoutTheProgramIsRefused) {
  publish({busybox("1", "arm64", "./usr/share/doc/nothing")});
  EXPECT_THAT(complaint([&] { open(); }), HasSubstr("has no busybox in its version 1 [busybox-absent]"));
}

TEST_F(OpenBusybox, DamagedMarkIsNotFollowed) {
  publish({busybox("1", "arm64")});
  const fs::path program = open();
  const fs::path mark = sources_.cache / "headers/busybox-static/arm64";
  ASSERT_TRUE(fs::exists(mark));
  write_file(mark, "../../../../../usr\n");
  EXPECT_EQ(open(), program);
}

}  // namespace
}  // namespace kmpack
