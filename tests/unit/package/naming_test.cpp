#include "package/naming.hpp"

#include <gtest/gtest.h>

#include "support/thrown.hpp"

namespace kmpack {
namespace {

TEST(DebName, LowersLettersAndKeepsPlus) {
  EXPECT_EQ(deb_name("V4L2_loopback-modules-6.8.5+deb13-amd64"), "v4l2-loopback-modules-6.8.5+deb13-amd64");
  EXPECT_EQ(deb_name("hello@x"), "hello-x");
}

TEST(DebName, RefusesWhatCannotBeginAName) {
  EXPECT_EQ(test::code_thrown_by([] { deb_name("-hello"); }), "package-name-invalid");
  EXPECT_EQ(test::code_thrown_by([] { deb_name("x"); }), "package-name-invalid");
  EXPECT_EQ(test::code_thrown_by([] { deb_name(""); }), "package-name-invalid");
}

TEST(DebVersionPart, BeginsWithADigitAndHasNoDash) {
  EXPECT_EQ(deb_version_part("v1.2"), "1.2");
  EXPECT_EQ(deb_version_part("6.1.192-2"), "6.1.192.2");
  EXPECT_EQ(deb_version_part("6.12.9-1~bpo12+1"), "6.12.9.1~bpo12+1");
  EXPECT_EQ(deb_version_part("git2024"), "0.git2024");
  EXPECT_EQ(deb_version_part("1:2"), "1.2");
  EXPECT_EQ(test::code_thrown_by([] { deb_version_part("--"); }), "package-name-invalid");
}

TEST(RpmName, KeepsCaseAndPlus) {
  EXPECT_EQ(rpm_name("kmod-Hello-6.8+x"), "kmod-Hello-6.8+x");
  EXPECT_EQ(rpm_name("a b/c"), "a_b_c");
  EXPECT_EQ(test::code_thrown_by([] { rpm_name("+x"); }), "package-name-invalid");
}

TEST(RpmVersionPart, TurnsDashesIntoUnderscores) {
  EXPECT_EQ(rpm_version_part("1.0-rc1"), "1.0_rc1");
  EXPECT_EQ(rpm_version_part("1.0~rc1^git"), "1.0~rc1_git") << "rpm 4.14 has no carets";
  EXPECT_EQ(test::code_thrown_by([] { rpm_version_part("%{x}"); }), "package-name-invalid");
}

TEST(IsRpmVersion, TakesOneDashAtMost) {
  EXPECT_TRUE(is_rpm_version("5.14.0-427.22.1.el9_4.x86_64"));
  EXPECT_TRUE(is_rpm_version("6.8.5"));
  EXPECT_FALSE(is_rpm_version("6.1.0-56-amd64"));
  EXPECT_FALSE(is_rpm_version("6.8.5-"));
  EXPECT_FALSE(is_rpm_version("6.8 5"));
  EXPECT_FALSE(is_rpm_version(""));
}

TEST(CheckRelease, RefusesShellAndPathText) {
  EXPECT_NO_THROW(check_release("6.1.0-56-rt-amd64"));
  EXPECT_NO_THROW(check_release("6.12.1+deb13-amd64"));
  for (const char* bad : {"", "../6.1", "6.1;id", "6.1 x", "6.1\nx", ".6.1", "6.1/x"}) {
    EXPECT_EQ(test::code_thrown_by([&] { check_release(bad); }), "package-name-invalid") << bad;
  }
}

TEST(CheckPackedPath, RefusesSignsThatListsCannotCarry) {
  EXPECT_NO_THROW(check_packed_path("/lib/firmware/a b%1.bin"));
  for (const char* bad : {"/a\nb", "/a\"b", "/a*", "/a?b", "/a[b", "/a\\b", "/a{b", "/a$b"}) {
    EXPECT_EQ(test::code_thrown_by([&] { check_packed_path(bad); }), "package-path-invalid") << bad;
  }
}

TEST(PlainText, KeepsLinesAndNoOtherControlCharacterAndIsAlwaysUtf8) {
  EXPECT_EQ(plain_text("a\r\n\tb\x1b[0m\x7f c"), "a\n b[0m c");
  EXPECT_EQ(plain_text("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa7"), "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa7");
  EXPECT_EQ(plain_text("\xc2\x85 \xe2\x80\xa8 \xe2\x80\xa9"), "  ") << "what ends a line for others";
  const std::string sign = "\xef\xbf\xbd";
  EXPECT_EQ(plain_text("gr\xfc"), "gr" + sign);
  EXPECT_EQ(plain_text("\xc0\x8a"), sign + sign) << "a newline in two bytes";
  EXPECT_EQ(plain_text("\xed\xa0\x80"), sign + sign + sign) << "a surrogate";
  EXPECT_EQ(plain_text("\xe2\x82"), sign + sign) << "cut off";
  EXPECT_EQ(plain_text("\xf4\x90\x80\x80"), sign + sign + sign + sign) << "beyond Unicode";
}

TEST(OneLine, MakesOneBlankOfManyAndTakesControlCharactersAway) {
  EXPECT_EQ(one_line("  a\n\tb\r\n c\x1b[0m "), "a b c [0m");
  EXPECT_EQ(one_line("\n"), "");
  EXPECT_EQ(one_line("a\xc2\x85\xe2\x80\xa8"
                     "b\xff"),
            "a b\xef\xbf\xbd");
}

}  // namespace
}  // namespace kmpack
