#include "publish/apt_contents.hpp"

#include <gtest/gtest.h>

namespace kmpack {
namespace {

TEST(AptContents, NamesThePackagesOfAFile) {
  EXPECT_EQ(contents_text({{"lib/a", {"kernel/one", "kernel/two"}}, {"lib/b c", {"three"}}}),
            "lib/a kernel/one,kernel/two\nlib/b c three\n");
}

TEST(AptContents, IsReadBackAsItWasWritten) {
  const AptContents contents{{"lib/a", {"kernel/one", "kernel/two"}}, {"lib/b  c", {"three"}}};
  EXPECT_EQ(parse_contents(contents_text(contents)), contents);
}

TEST(AptContents, LinesOfOtherFormsAreLeftOut) {
  EXPECT_EQ(parse_contents("FILE\n\nlib/a\t\t  one\n"), (AptContents{{"lib/a", {"one"}}}));
}

}  // namespace
}  // namespace kmpack
