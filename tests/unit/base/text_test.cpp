#include "base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kmpack {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(GlobMatches, TakesStarForAnyRunAndQuestionMarkForOneCharacter) {
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("rt-*", "rt-amd64"));
  EXPECT_TRUE(glob_matches("*-amd64", "cloud-amd64"));
  EXPECT_TRUE(glob_matches("debian-1?", "debian-12"));
  EXPECT_TRUE(glob_matches("a*b*c", "a--b-b--c"));
  EXPECT_FALSE(glob_matches("debian-1?", "debian-1"));
  EXPECT_FALSE(glob_matches("debian-1?", "debian-123"));
  EXPECT_FALSE(glob_matches("a*b*c", "a--b--d"));
  EXPECT_FALSE(glob_matches("", "x"));
}

TEST(GlobMatches, TakesEverythingElseLiterally) {
  EXPECT_TRUE(glob_matches("6.1.0+[x]", "6.1.0+[x]"));
  EXPECT_FALSE(glob_matches("6.1", "6x1"));
}

TEST(GlobMatches, EndsSoonOnAPatternMadeToBacktrack) {
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += "a*";
  EXPECT_FALSE(glob_matches(pattern + "b", std::string(5000, 'a')));
}

TEST(IsGlob, SeesTheTwoWildcards) {
  EXPECT_TRUE(is_glob("a*"));
  EXPECT_TRUE(is_glob("a?"));
  EXPECT_FALSE(is_glob("a[b]"));
}

TEST(Trimmed, DropsBlanksAtBothEndsOnly) {
  EXPECT_EQ(trimmed(" \t a b\r\n"), "a b");
  EXPECT_EQ(trimmed(" \n "), "");
  EXPECT_EQ(trimmed(""), "");
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_THAT(split("a,,b,", ','), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split("", ','), ElementsAre(""));
}

TEST(Words, DropsEmptyOnes) {
  EXPECT_THAT(words("  one\ttwo \n three "), ElementsAre("one", "two", "three"));
  EXPECT_THAT(words(" \t"), IsEmpty());
}

TEST(Joined, PutsTheSeparatorBetweenPartsOnly) {
  EXPECT_EQ(joined(std::vector<std::string>{"a", "b", "c"}, ", "), "a, b, c");
  EXPECT_EQ(joined(std::vector<std::string>{"a"}, ", "), "a");
  EXPECT_EQ(joined(std::vector<std::string>{}, ", "), "");
}

TEST(Replaced, ReplacesEveryOccurrenceOnceAndDoesNotLoopOnItsOwnOutput) {
  EXPECT_EQ(replaced("a-b-c", "-", "--"), "a--b--c");
  EXPECT_EQ(replaced("aaa", "aa", "a"), "aa");
  EXPECT_EQ(replaced("abc", "", "x"), "abc");
}

TEST(Nearest, GuessesTheWordThatWasMeant) {
  const std::vector<std::string> flavors{"amd64", "cloud-amd64", "rt-amd64"};
  EXPECT_EQ(nearest("rt-amd46", flavors), "rt-amd64");
  EXPECT_EQ(nearest("cluod-amd64", flavors), "cloud-amd64");
}

TEST(Nearest, TakesSwappedNeighboursForOneMistake) {
  EXPECT_EQ(nearest("biuld", std::vector<std::string>{"build", "plan"}), "build");
  EXPECT_EQ(nearest("nwe", std::vector<std::string>{"new"}), "new");
}

TEST(Nearest, DoesNotGuessWhenNothingIsNear) {
  const std::vector<std::string> flavors{"amd64", "cloud-amd64"};
  EXPECT_EQ(nearest("default", flavors), std::nullopt);
  EXPECT_EQ(nearest("x", std::vector<std::string>{}), std::nullopt);
}

TEST(CompareVersions, OrdersRunsOfDigitsAsNumbers) {
  EXPECT_LT(compare_versions("6.1.9", "6.1.10"), 0);
  EXPECT_GT(compare_versions("6.12", "6.1"), 0);
  EXPECT_LT(compare_versions("6.1.0-9-amd64", "6.1.0-56-amd64"), 0);
  EXPECT_EQ(compare_versions("6.1", "6.1"), 0);
  EXPECT_EQ(compare_versions("6.01", "6.1"), 0);
  EXPECT_LT(compare_versions("", "1"), 0);
}

TEST(CompareVersions, HoldsNumbersLargerThanAnyInteger) {
  EXPECT_LT(compare_versions("1.99999999999999999999998", "1.99999999999999999999999"), 0);
}

TEST(CompareVersions, IsAntisymmetric) {
  const std::vector<std::string> versions{"", "1", "1.0", "1a", "a1", "1~rc1", "1+b1", "6.1.0-56-rt-amd64", "00", "0"};
  for (const std::string& a : versions) {
    for (const std::string& b : versions) EXPECT_EQ(compare_versions(a, b), -compare_versions(b, a)) << a << " and " << b;
  }
}

TEST(ToHex, WritesTwoLowerCaseDigitsPerByte) {
  const std::vector<unsigned char> bytes{0x00, 0x0f, 0xa5, 0xff};
  EXPECT_EQ(to_hex(bytes), "000fa5ff");
}

TEST(ShellQuoted, LeavesPlainWordsAndQuotesAllOthers) {
  EXPECT_EQ(shell_quoted("M=/src/a-b_c.d"), "M=/src/a-b_c.d");
  EXPECT_EQ(shell_quoted(""), "''");
  EXPECT_EQ(shell_quoted("two words"), "'two words'");
  EXPECT_EQ(shell_quoted("it's"), R"('it'\''s')");
  EXPECT_EQ(shell_quoted("$(rm)"), "'$(rm)'");
  EXPECT_EQ(shell_quoted("~"), "'~'");
}

}  // namespace
}  // namespace kmpack
