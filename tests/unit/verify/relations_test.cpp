#include "verify/relations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kmpack {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> texts(const std::vector<StubPackage>& stubs) {
  std::vector<std::string> lines;
  for (const StubPackage& stub : stubs) lines.push_back(stub.name + " " + stub.version);
  return lines;
}

TEST(Alternatives, AreReadWithVersionsAndArchitectures) {
  const auto found = parse_alternatives("linux-image-6.1 (>= 6.1.1-2) | linux-image-6.1-unsigned:any|c [amd64]");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].name, "linux-image-6.1");
  EXPECT_EQ(found[0].compare, ">=");
  EXPECT_EQ(found[0].version, "6.1.1-2");
  EXPECT_EQ(found[1].name, "linux-image-6.1-unsigned");
  EXPECT_EQ(found[2].name, "c");
}

TEST(Alternatives, OfAnRpmAreReadToo) {
  const auto found = parse_alternatives("kernel-uname-r = 5.14.0-1.el9.x86_64");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].name, "kernel-uname-r");
  EXPECT_EQ(found[0].compare, "=");
  EXPECT_EQ(found[0].version, "5.14.0-1.el9.x86_64");
}

TEST(Alternatives, OddTextsDoNotEscape) {
  EXPECT_TRUE(parse_alternatives("").empty());
  EXPECT_TRUE(parse_alternatives(" | ").empty());
  EXPECT_EQ(parse_alternatives("a )(").at(0).version, "");
  EXPECT_EQ(parse_alternatives("a (=").at(0).name, "a");
}

TEST(Stubs, StandForWhatNoneOfThePackagesBrings) {
  PackageContents modules{.name = "hello-modules",
                          .needs = {"linux-image-1 | linux-image-1-unsigned", "kmod", "hello-common (= 1)", "virtual"}};
  PackageContents common{.name = "hello-common", .needs = {"kmod (>> 30)"}, .provides = {"virtual (= 2)"}};
  EXPECT_THAT(texts(stubs_for({modules, common})), ElementsAre("kmod 30+1", "linux-image-1 1"));
}

TEST(Stubs, HaveAVersionThatSatisfiesTheRelation) {
  PackageContents package{.name = "p", .needs = {"a (= 2)", "b (>= 3)", "c (<< 4)", "d (>> 5)", "e"}};
  EXPECT_THAT(texts(stubs_for({package})), ElementsAre("a 2", "b 3", "c 4~", "d 5+1", "e 1"));
}

TEST(ExpectedNeeds, AreTheKernelItselfAndTheToolsOfModulesOnly) {
  const auto expected = [](const char* need) { return is_expected_need(parse_alternatives(need).at(0), "6.1.0-1-amd64"); };
  EXPECT_TRUE(expected("kmod"));
  EXPECT_TRUE(expected("linux-image-6.1.0-1-amd64"));
  EXPECT_TRUE(expected("kernel-uname-r = 6.1.0-1-amd64"));
  EXPECT_TRUE(expected("kernel-6.1.0-1-amd64"));
  EXPECT_FALSE(expected("kernel-uname-r = 6.1.0-2-amd64"));
  EXPECT_FALSE(expected("kernel-uname-r"));
  EXPECT_FALSE(expected("linux-image-6.1.0-2-amd64"));
  EXPECT_FALSE(expected("kmod-hello"));
}

TEST(OlderVersion, IsGivenToTheNamedPackagesAndNoOthers) {
  const std::string status = status_of({{"kmod", "30"}, {"mine", "5"}}, "amd64");
  const std::string older = with_older_version(status, {"mine"});
  EXPECT_THAT(older, HasSubstr("Package: kmod"));
  EXPECT_THAT(older, HasSubstr("Version: 30\n"));
  EXPECT_THAT(older, HasSubstr("Version: 0~~\n"));
  EXPECT_EQ(older.find("Version: 5\n"), std::string::npos);
  EXPECT_EQ(with_older_version(status, {}), status);
}

TEST(ParseAlternatives, KnowsRpmsNamesWithParentheses) {
  const auto symbol = parse_alternatives("ksym(default:_printk) = 92997ed8");
  ASSERT_EQ(symbol.size(), 1U);
  EXPECT_EQ(symbol.front().name, "ksym(default:_printk)");
  EXPECT_EQ(symbol.front().version, "92997ed8");
  EXPECT_EQ(parse_alternatives("kernel(_printk)").front().name, "kernel(_printk)");
  EXPECT_EQ(parse_alternatives("kmod(>= 30)").front().name, "kmod");
  EXPECT_TRUE(is_expected_need(symbol.front(), "6.4.0-150600.23.14-default"));
  EXPECT_TRUE(is_expected_need({.name = "/usr/sbin/weak-modules"}, "x"));
  EXPECT_FALSE(is_expected_need({.name = "kmod(other.ko)"}, "x"));
}

}  // namespace
}  // namespace kmpack
