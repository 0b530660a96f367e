#include "manifest/fields.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace kmpack {
namespace {

/// The code reported for a value, empty when it is taken.
std::string code_of(const std::function<void(const Field&, Reading&)>& check, const std::string& text) {
  Diagnostics problems;
  Reading reading("/project/kmpack.xml", problems);
  check({.text = text, .line = 3, .what = "<x>"}, reading);
  return problems.all().empty() ? std::string() : std::string(problems.all().front().code);
}

std::string hint_of(const std::function<void(const Field&, Reading&)>& check, const std::string& text) {
  Diagnostics problems;
  Reading reading("/project/kmpack.xml", problems);
  check({.text = text, .line = 3, .what = "<x>"}, reading);
  return problems.all().empty() ? std::string() : problems.all().front().hint.value_or("");
}

TEST(PackageName, IsWhatBothFormatsTake) {
  for (const char* good : {"hello", "v4l2loopback", "tp-smapi", "a1", "0ad", "g++", "a.b"})
    EXPECT_EQ(code_of(check_package_name, good), "") << good;
  for (const std::string bad : {"a", "Hello", "tp_smapi", "-a", ".a", "a b", "a/b", "ä-b", "a;b"}) {
    EXPECT_EQ(code_of(check_package_name, bad), "package-name-invalid") << bad;
  }
  EXPECT_EQ(code_of(check_package_name, std::string(101, 'a')), "package-name-invalid");
}

TEST(PackageName, IsProposedInTheRightForm) {
  EXPECT_EQ(hint_of(check_package_name, "Tp_Smapi"),
            "use 'tp-smapi': dpkg and rpm share lower-case letters, digits, '+', '-', '.' only");
  EXPECT_EQ(hint_of(check_package_name, "ä"), "use 2 to 100 of a-z 0-9 + - . with a letter or digit first");
}

TEST(Version, IsWhatBothFormatsTake) {
  for (const char* good : {"1", "0~20220829+git", "1.2.3", "10.5+dfsg"}) EXPECT_EQ(code_of(check_version, good), "") << good;
  for (const char* bad : {"v1", "1-2", "1:2", "1_2", "1^2", "1 2", "1%2"})
    EXPECT_EQ(code_of(check_version, bad), "version-invalid") << bad;
  EXPECT_EQ(code_of(check_release, "rc1"), "");
  EXPECT_EQ(code_of(check_release, ".1"), "version-invalid");
}

TEST(ModuleName, HasNoSuffix) {
  EXPECT_EQ(code_of(check_module_name, "snd-usb_audio2"), "");
  EXPECT_EQ(hint_of(check_module_name, "hello.ko"), "leave out the '.ko'");
  for (const std::string bad : {"a b", "../a", "a.b", "a$b"})
    EXPECT_EQ(code_of(check_module_name, bad), "module-name-invalid") << bad;
  EXPECT_EQ(code_of(check_module_name, std::string(56, 'a')), "module-name-invalid");
}

TEST(Addresses, AreCheckedForTheirForm) {
  EXPECT_EQ(code_of(check_url, "https://example.org/a?b"), "");
  for (const char* bad : {"example.org", "https://", "ftp://example.org", "https://a b", "https://a/${b}"})
    EXPECT_EQ(code_of(check_url, bad), "url-invalid") << bad;
  EXPECT_EQ(code_of(check_mail, "a.b+c@example.org"), "");
  for (const char* bad : {"a", "@b", "a@", "a@b@c", "<a@b>", "a b@c", "a@b, c@d", "a${b}@c"})
    EXPECT_EQ(code_of(check_mail, bad), "mail-invalid") << bad;
}

TEST(Digest, IsLowerCaseAndWhole) {
  EXPECT_EQ(code_of(check_sha256, std::string(64, 'f')), "");
  for (const std::string& bad : {std::string(63, 'f'), std::string(65, 'f'), std::string(64, 'F'), std::string(64, 'g')}) {
    EXPECT_EQ(code_of(check_sha256, bad), "digest-invalid") << bad;
  }
}

TEST(RelativePath, StaysBelowItsFolder) {
  const auto check = [](const Field& field, Reading& reading) { relative_path(field, Dot::refused, reading); };
  for (const char* good : {"a", "a/b", "a/", "..a/b.."}) EXPECT_EQ(code_of(check, good), "") << good;
  for (const char* bad : {".", "..", "../a", "a/../b", "/a", "a//b/../..", "./a", "a/..", "/"})
    EXPECT_EQ(code_of(check, bad), "path-unsafe") << bad;
}

TEST(RelativePath, MayBeTheFolderItselfWhereThatMakesSense) {
  Diagnostics problems;
  Reading reading("/project/kmpack.xml", problems);
  EXPECT_EQ(relative_path({.text = ".", .line = 1, .what = "x"}, Dot::allowed, reading), std::filesystem::path("."));
  EXPECT_TRUE(problems.ok());
}

TEST(Relations, AreWrittenAsTheirFormatWritesThem) {
  for (const char* good : {"kmod", "kmod (>= 30)", "aa | bb (<< 2)", "libc6:any"})
    EXPECT_EQ(code_of(check_deb_relation, good), "") << good;
  for (const char* bad : {"a, b", "kmod >= 30", "kmod (>= 30", "${misc:Depends}", "-a", "foo bar", "aa || bb"})
    EXPECT_EQ(code_of(check_deb_relation, bad), "relation-invalid") << bad;
  for (const char* good : {"kmod >= 30", "(a or b)", "/usr/sbin/depmod", "kernel(sym) = 0x1"})
    EXPECT_EQ(code_of(check_rpm_relation, good), "") << good;
  for (const char* bad : {"a, b", "kmod (>= 30)", "%{name}", "a | b", ">= 1"})
    EXPECT_EQ(code_of(check_rpm_relation, bad), "relation-invalid") << bad;
}

TEST(Field, IsOneLineWithoutControlCharacters) {
  Diagnostics problems;
  Reading reading("/project/kmpack.xml", problems);
  XmlElement element{.name = "x",
                     .line = 7,
                     .attributes = {{"a", "  text ", 8},
                                    {"b", "one\ntwo", 9},
                                    {"c", " ", 10},
                                    {"d",
                                     "\xC2\x9B"
                                     "31m",
                                     11}},
                     .children = {},
                     .text = "\t"};
  EXPECT_EQ(reading.attribute(element, "a")->text, "text");
  EXPECT_FALSE(reading.attribute(element, "absent").has_value());
  EXPECT_TRUE(problems.ok());
  EXPECT_FALSE(reading.attribute(element, "b").has_value());
  EXPECT_FALSE(reading.attribute(element, "c").has_value());
  EXPECT_FALSE(reading.attribute(element, "d").has_value());
  EXPECT_FALSE(reading.line_in(element).has_value());
  ASSERT_EQ(problems.error_count(), 4U);
  EXPECT_EQ(to_text(problems.all()[0]),
            "/project/kmpack.xml:9: error: attribute 'b' of <x> must be one line without control characters, not 'one\\x0atwo' "
            "[text-invalid]\n"
            "  hint: write it on one line");
  EXPECT_EQ(problems.all()[1].code, "value-empty");
  // A terminal would act on the character itself.
  EXPECT_EQ(problems.all()[2].message.find('\xC2'), std::string::npos) << problems.all()[2].message;
  EXPECT_EQ(problems.all()[3].where->line, 7U);
}

TEST(Shown, CutsLongTextBetweenCharacters) {
  EXPECT_EQ(shown("abc"), "'abc'");
  EXPECT_EQ(shown(std::string(59, 'a') + "ää"), "'" + std::string(59, 'a') + "...'");
}

}  // namespace
}  // namespace kmpack
