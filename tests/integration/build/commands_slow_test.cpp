#include <set>

#include "commands_fixture.hpp"

namespace kmpack {
namespace {

TEST_F(BuildCommands, MakeTheSameBytesInAnotherDirectoryAndByAnotherName) {
  // Three names of one directory; what the module says of it must not be which.
  std::set<std::string> all;
  for (const char* place : {"${build_dir}", "$dkms_tree/$module/$module_version/build", "$source_tree/$module-$module_version"}) {
    run_instead(std::string("cd ") + place +
                "/hello && make -C $install_tree/$kernelver/build M=$PWD modules && mkdir ../out && mv hello.ko ../out/");
    manifest_.modules[0].directory = "out";
    all.insert(bytes(build("place" + std::to_string(all.size()) + place[2])));
  }
  EXPECT_EQ(all.size(), 1U);
}

TEST_F(BuildCommands, OfASourceThatIsPartOfAnArchiveRunInThatPart) {
  manifest_.source.subdirectory = "hello";
  manifest_.modules[0].directory = ".";
  run_instead("make -C ${kernel_source_dir} M=$dkms_tree/tiny/1/build modules && make -C ${kernel_source_dir} M=${build_dir}");
  EXPECT_EQ(build().modules.size(), 1U);
}

TEST_F(BuildCommands, CrossBuildAsPlainKbuildDoes) {
  if (!find_program("aarch64-linux-gnu-gcc-12") && std::getenv("CI") == nullptr)
    GTEST_SKIP() << "gcc-12-aarch64-linux-gnu is not installed";
  KMPACK_NEEDS_HEADERS(root, "arm64", "6.1");
  use_headers(root, "arm64");
  const std::string plain = bytes(build("plain"));
  run_instead(kKbuild);
  EXPECT_TRUE(plain == bytes(build("command")));
}

TEST_F(BuildCommands, MakeTheSameAsPlainKbuildFor6x12WithItsBtf) {
  KMPACK_NEEDS_HEADERS(root, "amd64", "6.12");
  use_headers(root, "amd64");
  const std::string plain = bytes(build("plain"));
  run_instead(kKbuild);
  EXPECT_TRUE(plain == bytes(build("command")));
}

}  // namespace
}  // namespace kmpack
