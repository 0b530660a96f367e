#include "e2e/case.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace kmpack::test {
namespace {

TEST(ParseCases, ReadsBlocksInOrder) {
  const auto cases = parse_cases(
      "# a comment\nNAME first: one\nRUN echo a\nRUN echo b\nEXPECT a\nEXPECT_NOT c\nEXIT 3\nREQUIRES tool make\nTIMEOUT "
      "7\n\nNAME second\nRUN true\n",
      "x.e2e");
  ASSERT_EQ(cases.size(), 2U);
  EXPECT_EQ(cases[0].name, "first: one");
  EXPECT_EQ(cases[0].script, "echo a\necho b\n");
  EXPECT_EQ(cases[0].expected.size(), 2U);
  EXPECT_EQ(cases[0].exit, 3);
  EXPECT_EQ(cases[0].needs, (std::vector<std::string>{"tool make"}));
  EXPECT_EQ(cases[0].timeout, std::chrono::seconds{7});
  EXPECT_EQ(cases[1].exit, 0);
}

TEST(ParseCases, RefusesWordsItDoesNotKnowAndCasesThatRunNothing) {
  EXPECT_THROW(parse_cases("NAME a\nRUN true\nEXPCET b\n", "x"), std::runtime_error);
  EXPECT_THROW(parse_cases("RUN true\n", "x"), std::runtime_error);
  EXPECT_THROW(parse_cases("NAME a\nEXPECT b\n", "x"), std::runtime_error);
}

TEST(Differences, AreNoneWhenAllIsAsExpected) {
  const auto cases = parse_cases("NAME a\nRUN true\nEXPECT two words\nEXPECT_REGEX ^a [0-9]+$\nEXPECT_NOT three\n", "x");
  EXPECT_EQ(differences(cases[0], "two words\na 12", 0), "");
}

TEST(Differences, NameEveryExpectationThatFailed) {
  const auto cases = parse_cases("NAME a\nRUN true\nEXPECT one\nEXPECT_REGEX t[0-9]\nEXPECT_NOT three\nEXIT 2\n", "x");
  EXPECT_EQ(differences(cases[0], "three", 0),
            "exit status is 0, not 2\n"
            "line 3: 'one' is not in the output\n"
            "line 4: 't[0-9]' matches nothing in the output\n"
            "line 5: 'three' is in the output and must not be\n");
}

}  // namespace
}  // namespace kmpack::test
