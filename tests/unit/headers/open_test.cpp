#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "headers/store.hpp"
#include "kmpack/architecture.hpp"
#include "support/fake_runner.hpp"
#include "support/header_trees.hpp"
#include "support/sample_catalogue.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

class OpenHeaders : public testing::Test {
 protected:
  void SetUp() override {
    if (host_architecture().machine != "x86_64") GTEST_SKIP() << "the expected compilers are those of an x86_64 machine";
    ::unsetenv("SOURCE_DATE_EPOCH");
  }
  void TearDown() override { ::unsetenv("SOURCE_DATE_EPOCH"); }

  Kernel given(std::string_view flavor, std::string_view arch, const std::string& release, const std::string& config) {
    Kernel kernel = *test::kernel(flavor, arch, release);
    kernel.tree = test::make_debian_tree(directory_.path(), release, config);
    kernel.root = directory_.path();
    kernel.origin = HeadersOrigin::given;
    return kernel;
  }

  Kernel amd64() {
    return given("amd64", "amd64", "6.1.0-56-amd64",
                 "CONFIG_MODULES=y\nCONFIG_GCC_VERSION=120200\nCONFIG_CC_VERSION_TEXT=\"gcc-12 (Debian 12.2.0-14) 12.2.0\"\n");
  }

  HeaderTree open(const Kernel& kernel) { return open_headers({.cache = directory_.path() / "cache"}, kernel); }

  std::string complaint(const Kernel& kernel) {
    try {
      open(kernel);
    } catch (const Error& error) {
      return std::string(error.diagnostic().code) + ": " + error.diagnostic().message;
    }
    return "nothing";
  }

  TempDir directory_;
};

TEST_F(OpenHeaders, DigestsWhatTheLinksOfUbuntusTreesLeadTo) {
  // A flavor's tree is links into a package that all flavors share.
  const Kernel kernel = amd64();
  const fs::path shared = directory_.path() / "usr/src/linux-headers-6.8.0-57";
  make_directories(shared / "include/linux");
  write_file(shared / "include/linux/module.h", "one");
  fs::create_directory_symlink("../../linux-headers-6.8.0-57/include/linux", kernel.tree / "include/linux");
  const std::string before = open(kernel).digest;
  EXPECT_EQ(open(kernel).digest, before);
  write_file(shared / "include/linux/module.h", "two");
  EXPECT_NE(open(kernel).digest, before);
}

TEST_F(OpenHeaders, RefusesProgramsThatCannotRunHere) {
  const Kernel kernel = amd64();
  // A big-endian ELF head of machine 22, s390x: the one that nobody has qemu for.
  const std::string head = std::string(
                               "\x7f"
                               "ELF\2\2\1",
                               7) +
                           std::string(9, '\0') + std::string("\0\2\0\x16", 4);
  write_file(kernel.tree / "scripts/basic/fixdep", head);
  if (fs::exists("/proc/sys/fs/binfmt_misc/qemu-s390x")) {
    EXPECT_EQ(complaint(kernel), "nothing");
    return;
  }
  EXPECT_EQ(
      complaint(kernel),
      "headers-unusable: the headers of debian-12/amd64@6.1.0-56-amd64 cannot be used: its programs are for s390x, and this "
      "machine is x86_64");
}

TEST_F(OpenHeaders, BypassesTheAbsoluteIncludeOfDebiansMakefile) {
  const HeaderTree headers = open(amd64());
  EXPECT_EQ(headers.makefile, directory_.path() / "usr/src/linux-headers-common/Makefile");
  EXPECT_EQ(headers.tree, directory_.path() / "usr/src/linux-headers-6.1.0-56-amd64");
  EXPECT_EQ(headers.symvers, headers.tree / "Module.symvers");
  EXPECT_EQ(headers.root, directory_.path());
  EXPECT_EQ(headers.compiler, "gcc-12");
  EXPECT_EQ(headers.cross_prefix, "");
  EXPECT_EQ(headers.config.compiler_major, 12U);
}

TEST_F(OpenHeaders, NeverFallsBackToWhatMayBeInstalled) {
  const Kernel kernel = amd64();
  fs::remove(directory_.path() / "usr/src/linux-headers-common/Makefile");
  EXPECT_THAT(
      complaint(kernel),
      testing::HasSubstr("its Makefile includes /usr/src/linux-headers-common/Makefile, and there is no such file beside it"));
}

TEST_F(OpenHeaders, WantsBothHalvesOfATreeThatIncludesItsOtherHalfBeside) {
  const Kernel kernel = amd64();
  // As SUSE's object trees: the Makefile is used where it lies, so nothing is bypassed.
  write_file(kernel.tree / "Makefile", "include ../linux-6.4.0/Makefile\n");
  EXPECT_THAT(complaint(kernel), testing::AllOf(testing::HasSubstr("headers-unusable: "),
                                                testing::HasSubstr("usr/src/linux-6.4.0/Makefile, and there is no such file")));
  make_directories(directory_.path() / "usr/src/linux-6.4.0");
  write_file(directory_.path() / "usr/src/linux-6.4.0/Makefile", "modules:\n");
  EXPECT_EQ(open(kernel).makefile, "");
  const std::string before = open(kernel).digest;
  write_file(directory_.path() / "usr/src/linux-6.4.0/header.h", "new");
  EXPECT_NE(open(kernel).digest, before);
}

TEST_F(OpenHeaders, NeedsNoOtherMakefileForATreeThatIncludesNone) {
  const Kernel kernel = amd64();
  write_file(kernel.tree / "Makefile", "modules:\n");
  EXPECT_EQ(open(kernel).makefile, "");
}

TEST_F(OpenHeaders, NamesTheCompilerAsKbuildWillCallIt) {
  const std::string config = "CONFIG_MODULES=y\nCONFIG_CC_VERSION_TEXT=\"gcc-12 (Debian) 12.2.0\"\n";
  const HeaderTree arm = open(given("arm64", "arm64", "6.1.0-56-arm64", config));
  EXPECT_EQ(arm.compiler, "aarch64-linux-gnu-gcc-12");
  EXPECT_EQ(arm.cross_prefix, "aarch64-linux-gnu-");
  const HeaderTree i386 = open(given("686-pae", "i386", "6.1.0-56-686-pae", config));
  EXPECT_EQ(i386.compiler, "gcc-12");
  EXPECT_EQ(i386.cross_prefix, "");
  // 6.12 calls the compiler by its full name on its own machine, too.
  Kernel later = given("amd64", "amd64", "6.12.117+deb12-amd64",
                       "CONFIG_MODULES=y\nCONFIG_CC_VERSION_TEXT=\"x86_64-linux-gnu-gcc-12 (Debian) 12.2.0\"\n");
  write_file(later.tree / ".kernelvariables", "override ARCH = x86\noverride CROSS_COMPILE = x86_64-linux-gnu-\n");
  EXPECT_EQ(open(later).compiler, "x86_64-linux-gnu-gcc-12");
  EXPECT_EQ(open(later).cross_prefix, "");
}

TEST_F(OpenHeaders, IgnoresAPrefixThatOnlyMakeKnows) {
  const Kernel kernel = amd64();
  write_file(kernel.tree / ".kernelvariables", "ifneq ($(A),$(B))\noverride CROSS_COMPILE = $(DEB_HOST_GNU_TYPE)-\nendif\n");
  EXPECT_EQ(open(kernel).compiler, "gcc-12");
}

TEST_F(OpenHeaders, DatesEverythingByTheKernelUnlessToldOtherwise) {
  const Kernel kernel = amd64();
  fs::last_write_time(kernel.tree / "Module.symvers",
                      std::chrono::file_clock::from_sys(std::chrono::sys_seconds(std::chrono::seconds(1234567890))));
  EXPECT_EQ(open(kernel).epoch, 1234567890);
  ::setenv("SOURCE_DATE_EPOCH", "42", 1);
  EXPECT_EQ(open(kernel).epoch, 42);
  ::setenv("SOURCE_DATE_EPOCH", "yesterday", 1);
  EXPECT_EQ(open(kernel).epoch, 1234567890);
}

TEST_F(OpenHeaders, GivesAnotherDigestWhenAnythingTheBuildReadsChanges) {
  const Kernel kernel = amd64();
  const std::string before = open(kernel).digest;
  EXPECT_EQ(open(kernel).digest, before);
  write_file(directory_.path() / "usr/lib/linux-kbuild/scripts/mod/modpost", "another");
  const std::string tools = open(kernel).digest;
  EXPECT_NE(tools, before);
  write_file(directory_.path() / "usr/src/linux-headers-common/Makefile", "modules: x\n");
  EXPECT_NE(open(kernel).digest, tools);
}

TEST_F(OpenHeaders, RefusesAKernelWithoutModules) {
  EXPECT_EQ(complaint(given("amd64", "amd64", "6.1.0-56-amd64", "CONFIG_PCI=y\n")),
            "kernel-without-modules: debian-12/amd64@6.1.0-56-amd64 cannot load modules: CONFIG_MODULES is not set");
}

TEST_F(OpenHeaders, RefusesATreeOfAnotherKernel) {
  const Kernel kernel = amd64();
  write_file(kernel.tree / "include/generated/utsrelease.h", "#define UTS_RELEASE \"6.1.0-9-amd64\"\n");
  EXPECT_EQ(complaint(kernel),
            "headers-unusable: the headers of debian-12/amd64@6.1.0-56-amd64 cannot be used: they are those of 6.1.0-9-amd64");
}

TEST_F(OpenHeaders, RefusesATreeWithoutItsPrograms) {
  const Kernel kernel = amd64();
  fs::remove(directory_.path() / "usr/lib/linux-kbuild/scripts/mod/modpost");
  EXPECT_THAT(complaint(kernel), testing::EndsWith("there is no scripts/mod/modpost"));
}

TEST_F(OpenHeaders, SaysHowToGetWhatIsNotThere) {
  const Kernel kernel = *test::kernel("amd64", "amd64", "6.1.0-56-amd64");
  try {
    open(kernel);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(to_text(error.diagnostic()),
              "error: the headers of debian-12/amd64@6.1.0-56-amd64 are not on this disk [headers-absent]\n"
              "  hint: kmpack flavors fetch 'debian-12/amd64@6.1.0-56-amd64'");
  }
}

TEST_F(OpenHeaders, SaysWhenNoImageIsKnown) {
  test::FakeRunner runner;
  try {
    open_image({.cache = directory_.path()}, *test::kernel("amd64", "amd64", "6.1.0-56-amd64"),
               {.runner = runner, .stop = {}, .say = {}});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostic().code, "image-absent");
  }
}

TEST_F(OpenHeaders, DownloadNothingWhereThatIsForbiddenWhateverIsKnownOfArchives) {
  test::FakeRunner runner;
  const Errands errands{.runner = runner, .stop = {}, .say = {}};
  const HeaderSources sources{
      .cache = directory_.path(), .metadata = Metadata::recent, .downloads = Downloads::forbidden, .apt_etc = directory_.path()};
  Kernel kernel = *test::kernel("amd64", "amd64", "6.1.0-56-amd64");
  kernel.packages = {{.role = ArchiveRole::headers, .name = "headers", .url = "file:/absent", .sha256 = std::string(64, 'a')},
                     {.role = ArchiveRole::image, .name = "image", .url = "file:/absent", .sha256 = std::string(64, 'b')}};
  const auto code_of = [](auto work) {
    try {
      work();
    } catch (const Error& error) {
      return std::string(error.diagnostic().code);
    }
    return std::string("nothing");
  };
  EXPECT_EQ(code_of([&] { open_image(sources, kernel, errands); }), "image-absent");
  const std::vector<std::shared_ptr<const Kernel>> kernels{std::make_shared<const Kernel>(kernel)};
  EXPECT_EQ(code_of([&] { fetch_headers(sources, kernels, errands); }), "headers-absent");
  EXPECT_TRUE(runner.commands().empty()) << "apt was asked";
}

}  // namespace
}  // namespace kmpack
