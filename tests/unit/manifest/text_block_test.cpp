#include "manifest/text_block.hpp"

#include <gtest/gtest.h>

namespace kmpack {
namespace {

TEST(Paragraphs, AreDividedByEmptyLinesOnly) {
  EXPECT_EQ(as_paragraphs("\n   one\n two\t three \n \n\n  four\n"), "one two three\n\nfour");
  EXPECT_EQ(as_paragraphs(" \n\t\n"), "");
}

TEST(Script, LosesTheIndentationItsLinesShare) {
  EXPECT_EQ(dedented("\n    if x; then\n      y\n\n    fi\n  "), "if x; then\n  y\n\nfi");
  EXPECT_EQ(dedented("a\n  b"), "a\n  b");
  EXPECT_EQ(dedented("\t a\n\t b"), "a\nb");
  EXPECT_EQ(dedented(" \n \n"), "");
}

TEST(Script, KeepsIndentationThatIsNotTheSame) { EXPECT_EQ(dedented("\ta\n    b"), "\ta\n    b"); }

TEST(AsCommand, IsWhatWritingAndReadingKeep) {
  EXPECT_EQ(as_command("\n    make x \\\n      y  \n  "), "make x \\\n  y");
  EXPECT_EQ(as_command("  make 'a' \t"), "make 'a'");
  EXPECT_EQ(as_command(" \n\t"), "");
}

TEST(Wrapped, BreaksAtBlanksAndNeverInsideOfAWord) {
  EXPECT_EQ(wrapped("aaa bbb ccccccccccc d", 7), (std::vector<std::string>{"aaa bbb", "ccccccccccc", "d"}));
  EXPECT_TRUE(wrapped("", 7).empty());
}

}  // namespace
}  // namespace kmpack
