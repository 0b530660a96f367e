#include <gtest/gtest.h>

#include "kmpack/diagnostic.hpp"
#include "kmpack/flavor.hpp"

namespace kmpack {
namespace {

FlavorPattern parsed(std::string_view text) {
  Diagnostics problems;
  const auto pattern = parse_flavor_pattern(text, {}, problems);
  EXPECT_TRUE(problems.ok()) << text;
  EXPECT_TRUE(pattern.has_value()) << text;
  return pattern.value_or(FlavorPattern{});
}

TEST(ParseFlavorPattern, ReadsAllFourParts) {
  const FlavorPattern pattern = parsed("opensuse-leap-15.6/default.x86_64@6.4.0-150600.21-default");
  EXPECT_EQ(pattern.distribution, "opensuse-leap-15.6");
  EXPECT_EQ(pattern.flavor, "default");
  EXPECT_EQ(pattern.arch, "x86_64");
  EXPECT_EQ(pattern.release, "6.4.0-150600.21-default");
}

TEST(ParseFlavorPattern, LeavesUnwrittenPartsUnset) {
  const FlavorPattern pattern = parsed("debian-12/rt-amd64");
  EXPECT_EQ(pattern.distribution, "debian-12");
  EXPECT_EQ(pattern.flavor, "rt-amd64");
  EXPECT_EQ(pattern.arch, std::nullopt);
  EXPECT_EQ(pattern.release, std::nullopt);
}

TEST(ParseFlavorPattern, TakesWildcardsInEveryPart) {
  const FlavorPattern pattern = parsed("debian-*/*-amd64@*");
  EXPECT_EQ(pattern.distribution, "debian-*");
  EXPECT_EQ(pattern.flavor, "*-amd64");
  EXPECT_EQ(pattern.release, "*");
}

TEST(ParseFlavorPattern, ReportsTextOutsideTheGrammarWithItsPlace) {
  for (const std::string_view bad :
       {"", "debian-12", "/amd64", "debian-12/", "debian-12/amd64@", "debian-12/a b", "a/b/c", "a/b@c@d"}) {
    Diagnostics problems;
    EXPECT_EQ(parse_flavor_pattern(bad, SourceSpan{"kmpack.xml", 9, 1}, problems), std::nullopt) << bad;
    ASSERT_EQ(problems.all().size(), 1U) << bad;
    EXPECT_EQ(problems.all()[0].code, "flavor-pattern-invalid");
    ASSERT_TRUE(problems.all()[0].where.has_value());
    EXPECT_EQ(problems.all()[0].where->line, 9U);
    EXPECT_TRUE(problems.all()[0].hint.has_value()) << bad;
  }
}

TEST(FlavorIdText, NamesTheArchitectureOnlyWhereTheFlavorDoesNot) {
  EXPECT_EQ((FlavorId{"debian-12", "rt-amd64", "amd64"}.text()), "debian-12/rt-amd64");
  EXPECT_EQ((FlavorId{"el9", "64k", "aarch64"}.text()), "el9/64k.aarch64");
}

}  // namespace
}  // namespace kmpack
