#include "publish/apt_names.hpp"

#include <gtest/gtest.h>

#include "support/thrown.hpp"

namespace kmpack {
namespace {

TEST(SuiteAbove, IsTheDistributionWithItsVersion) {
  EXPECT_EQ(suite_above("/dist/debian-12/amd64/a.deb"), "debian-12");
  EXPECT_EQ(suite_above("/dist/ubuntu-24.04/x86_64/a.deb"), "ubuntu-24.04");
  EXPECT_EQ(suite_above("/dist/debian-12-backports/amd64/a.deb"), "debian-12-backports");
}

TEST(SuiteAbove, IsStableOfAllThatIsLaidOutOtherwise) {
  for (const char* const file : {"/dist/misc/amd64/a.deb", "/dist/debian-12/others/a.deb", "/debian-/amd64/a.deb",
                                 "/-12/amd64/a.deb", "/a.deb", "/my debs-1/amd64/a.deb"})
    EXPECT_EQ(suite_above(file), "stable") << file;
}

TEST(AptFileWord, HasWhatAptReadsInTheNameOfAFile) { EXPECT_EQ(apt_file_word("my repo:a.b_c-1"), "my-repo-a.b_c-1"); }

TEST(AptName, LeadsNowhereElse) {
  for (const char* const name : {"../up", "a b", ".hidden", "a/b", "a:b", ""})
    EXPECT_EQ(test::code_thrown_by([&] { check_apt_name(name, "suite"); }), "repository-suite-invalid") << name;
  EXPECT_EQ(test::code_thrown_by([] { check_apt_name("debian-12", "suite"); }), "nothing was thrown");
}

}  // namespace
}  // namespace kmpack
