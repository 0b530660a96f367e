#include <gmock/gmock.h>

#include "support/thrown.hpp"
#include "wrap/deb.hpp"

namespace kmpack {
namespace {

using ::testing::SizeIs;

TEST(ParseDeb822, JoinsFoldedLinesAndFindsFieldsWithoutCase) {
  const auto paragraphs = parse_deb822("Package: a\nDescription: one\n two\n .\n  three\n\n# note\nPackage:b\r\n", "control");
  ASSERT_THAT(paragraphs, SizeIs(2));
  EXPECT_EQ(paragraphs[0].field("description"), "one\ntwo\n\n three");
  EXPECT_EQ(paragraphs[1].field("PACKAGE"), "b");
  EXPECT_EQ(paragraphs[1].field("Version"), "");
}

TEST(ParseDeb822, IgnoresEmptyLinesAtBothEnds) { EXPECT_THAT(parse_deb822("\n\nA: b\n\n\n", "x"), SizeIs(1)); }

TEST(ParseDeb822, RefusesWhatIsNoField) {
  const auto problem = test::diagnostic_thrown_by([] { parse_deb822("A: b\nrubbish\n", "hello.deb (control)"); });
  ASSERT_TRUE(problem);
  EXPECT_EQ(to_text(*problem),
            "hello.deb (control):2: error: a line that is neither 'Field: value' nor a continuation [deb-control-invalid]");
  for (const char* text :
       {" x\n", ": x\n", "A b: c\n", "A: 1\na: 2\n", "A\v: b\n", "-A: b\n", "A: b\x01c\n", "A: b\n c\rD: e\n"}) {
    EXPECT_EQ(test::code_thrown_by([&] { parse_deb822(text, "x"); }), "deb-control-invalid") << text;
  }
}

}  // namespace
}  // namespace kmpack
