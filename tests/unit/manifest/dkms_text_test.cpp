#include "manifest/dkms/text.hpp"

#include <gtest/gtest.h>

#include "manifest/dkms/directives.hpp"
#include "manifest/dkms/exclusive.hpp"
#include "manifest/dkms/values.hpp"

namespace kmpack {
namespace {

TEST(DkmsLineOf, FindsTheLineThatSetsAnElement) {
  constexpr std::string_view conf =
      "# MAKE[0]=no\n"
      "MAKE_MATCH[0]=\"^6\"\n"
      "MAKE=\"make\"\n"
      "if x; then MAKE[1]=\"$MAKE\"; fi\n"
      "STRIP[$i]=no\n"
      "echo ${PATCH[0]} $CLEAN\n"
      "  POST_ADD+=x\n";
  EXPECT_EQ(dkms_line_of(conf, "MAKE", 0), 3U);
  EXPECT_EQ(dkms_line_of(conf, "MAKE", 1), 4U);
  EXPECT_EQ(dkms_line_of(conf, "MAKE_MATCH", 0), 2U);
  EXPECT_EQ(dkms_line_of(conf, "STRIP", 3), 5U);
  EXPECT_EQ(dkms_line_of(conf, "POST_ADD", 0), 7U);
  EXPECT_EQ(dkms_line_of(conf, "PATCH", 0), 0U);
  EXPECT_EQ(dkms_line_of(conf, "CLEAN", 0), 0U);
}

TEST(DkmsLineOf, TakesTheLastAssignmentAsBashDoes) { EXPECT_EQ(dkms_line_of("CLEAN=a\nCLEAN=b\n", "CLEAN", 0), 2U); }

TEST(DkmsFixedPaths, AreThoseOfDkmsAndTheRunningSystem) {
  EXPECT_EQ(dkms_lines_with_fixed_paths(
                "A=/usr/src/x\n#/usr/src\nB=/usr/srcs\nC=$dkms_tree\nD=/lib/modules/$kernelver\nE=/var/lib/dkms"),
            (std::vector<std::uint32_t>{1, 5, 6}));
}

TEST(DkmsPlaces, PutsPlaceholdersForWholePathsOnly) {
  DkmsKernel kernel;
  kernel.release = KernelRelease("6.1.0-56-amd64");
  kernel.source_dir = "/store/headers";
  const DkmsPlaces places("sample", "1.0", kernel);
  EXPECT_EQ(places.replaced_in("-C /store/headers M=/var/lib/dkms/sample/1.0/build/src"),
            "-C ${kernel_source_dir} M=${build_dir}/src");
  EXPECT_EQ(places.replaced_in("/lib/modules/6.1.0-56-amd64/build /lib/modules/6.1.0-56-amd64/source/x"),
            "${kernel_source_dir} ${kernel_source_dir}/x");
  EXPECT_EQ(places.replaced_in("/lib/modules/6.1.0-56-amd64/extra"), "/lib/modules/${kernelver}/extra");
  EXPECT_EQ(places.replaced_in("/usr/src/sample-1.0;/usr/src/sample-1.0.1;/var/lib/dkms/sample/1.0/source"),
            "${build_dir};${source_tree}/sample-1.0.1;${build_dir}");
  EXPECT_EQ(places.replaced_in("/store/headers2 x/store/headers 16.1.0-56-amd64 6.1.0-56-amd64s"),
            "/store/headers2 x/store/headers 16.1.0-56-amd64 6.1.0-56-amd64s");
}

TEST(DkmsPlaces, LeaveNoTreeOfTheMachineInTheText) {
  const DkmsPlaces places("sample", "1.0", {});
  EXPECT_EQ(places.replaced_in("rm -rf \"/var/lib/dkms\" /usr/src /var/lib/dkms/other/2/build '/usr/src/'*"),
            "rm -rf \"${dkms_tree}\" ${source_tree} ${dkms_tree}/other/2/build '${source_tree}/'*");
  EXPECT_EQ(
      places.replaced_in("/usr/src/linux-headers-6.1/x /usr/src/kernels/6 /usr/srcs /chroot/var/lib/dkms /var/lib/dkms-old"),
      "/usr/src/linux-headers-6.1/x /usr/src/kernels/6 /usr/srcs /chroot/var/lib/dkms /var/lib/dkms-old");
  EXPECT_EQ(places.replaced_in("/usr/src/sample-1.0/linux/x"), "${build_dir}/linux/x");
}

TEST(DkmsPlaces, ReplaceNothingWithoutAKernelAndAName) {
  EXPECT_EQ(DkmsPlaces("", "", {}).replaced_in("/usr/source/- /lib/modules//build"), "/usr/source/- /lib/modules//build");
}

/// Source: facts debian.md section 1.2; what `VER` of dkms 3.0.10 prints.
TEST(DkmsVersionKey, FillsNumbersUpToThreeDigits) {
  EXPECT_EQ(dkms_version_key("6.1.0-56-amd64"), "006.001.000-056-amd064");
  EXPECT_EQ(dkms_version_key("2.6.9-1cvs200409091247"), "002.006.009-001cvs200409091247");
  EXPECT_EQ(dkms_version_key("6.1-rc1"), "006.001-rc001");
  EXPECT_EQ(dkms_version_key(""), "");
  EXPECT_LT(dkms_version_key("6.1.9"), dkms_version_key("6.1.10"));
  EXPECT_LT(dkms_version_key("6.1"), dkms_version_key("6.1.0-56-amd64"));
}

TEST(DkmsPlainShell, RunsBlanksTogetherOutsideOfQuotesOnly) {
  EXPECT_EQ(dkms_plain_shell("make  -C\tx 'a  b' \"c  d\" e\\  f"), "make -C x 'a  b' \"c  d\" e\\  f");
  EXPECT_EQ(dkms_plain_shell("a &&\n  b;\nc \\\n d"), "a && b; c d");
  EXPECT_EQ(dkms_plain_shell("a\nb"), "a\nb");
  EXPECT_EQ(dkms_plain_shell(" a \n"), "a");
  EXPECT_EQ(dkms_fewest_quotes("make A=\"10.5\" 'all'"), "make A=10.5 all");
  EXPECT_EQ(dkms_fewest_quotes("A='b' make; B=c 'make' x='y'"), "A=b make; B=c 'make' x=y");
  for (const char* text : {"'make' all", "make A='\"x\"'", "make A='a b'", "make A='$x' B='*' C=$'n'", "x; 'y'", "make 'open"})
    EXPECT_EQ(dkms_fewest_quotes(text), text);
  EXPECT_EQ(dkms_fewest_quotes("make A=\"\\\"\" b"), "make A=\"\\\"\" b");
}

TEST(DkmsDirectives, AreFoundByTheirName) {
  ASSERT_NE(find_dkms_directive("CLEAN"), nullptr);
  EXPECT_EQ(find_dkms_directive("CLEAN")->standing, DkmsStanding::deprecated);
  EXPECT_TRUE(find_dkms_directive("STRIP")->indexed);
  EXPECT_EQ(find_dkms_directive("LOAD"), nullptr);
}

}  // namespace
}  // namespace kmpack
