#include <gtest/gtest.h>

#include "base/deb_relation.hpp"

namespace kmpack {
namespace {

TEST(DebRelation, IsWhatDpkgAndAptRead) {
  for (const char* const text : {"kmod", "kmod (>= 30)", "kmod(>=30)", "libc6:any (>= 2.36-9+deb12u10)", "a1 | b2 | c3",
                                 "a1 (= 1:2~rc1) | b2", "linux-image-6.1.0-56-amd64", "g++ (<< 12)", "x+ (>> 0~~)"}) {
    EXPECT_TRUE(is_deb_relation(text)) << text;
  }
}

TEST(DebRelation, IsNothingThatWouldSpoilAptsListsForGood) {
  for (const char* const text : {"",
                                 " ",
                                 "foo bar",
                                 "kmod (30)",
                                 "kmod (>= )",
                                 "kmod (>= 1",
                                 "a1 || b2",
                                 "a1 |",
                                 "| a1",
                                 "foo (=> 1)",
                                 "a1 )b(",
                                 "Foo",
                                 "a",
                                 "a1 (>= 1) b2",
                                 "a1 (>= 1) (<< 2)",
                                 "a1:",
                                 "a1 (>= x)",
                                 "a1, b2",
                                 "a1\nb2",
                                 "a1 [amd64]",
                                 "${misc:Depends}"}) {
    EXPECT_FALSE(is_deb_relation(text)) << text;
  }
}

TEST(DebRelation, IsOneOfAFieldsList) {
  EXPECT_TRUE(is_deb_relation_list("kmod, linux-image-1 | linux-image-2,\n libc6 (>= 2)"));
  EXPECT_FALSE(is_deb_relation_list("kmod,, libc6"));
  EXPECT_FALSE(is_deb_relation_list("kmod, foo bar"));
}

}  // namespace
}  // namespace kmpack
