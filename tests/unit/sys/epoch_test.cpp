#include "sys/epoch.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace kmpack {
namespace {

TEST(SourceDateEpoch, IsWhatTheUserGives) {
  ::setenv("SOURCE_DATE_EPOCH", "77", 1);
  EXPECT_EQ(source_date_epoch(), 77);
  EXPECT_EQ(source_date_epoch_or_default(), 77);
}

TEST(SourceDateEpoch, IsNothingWhenItIsNoNumber) {
  for (const char* text : {"", "77x", "-1", " 77", "99999999999999999999"}) {
    ::setenv("SOURCE_DATE_EPOCH", text, 1);
    EXPECT_FALSE(source_date_epoch()) << text;
  }
}

TEST(SourceDateEpoch, HasAFixedDayInItsPlaceWithoutIt) {
  ::unsetenv("SOURCE_DATE_EPOCH");
  EXPECT_FALSE(source_date_epoch());
  EXPECT_EQ(source_date_epoch_or_default(), 315532800);
}

}  // namespace
}  // namespace kmpack
