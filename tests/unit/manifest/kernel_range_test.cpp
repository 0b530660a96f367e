#include "manifest/kernel_range.hpp"

#include <gtest/gtest.h>

namespace kmpack {
namespace {

using Text = std::optional<std::string>;

bool within(const Text& min, const Text& max, std::string_view release) { return in_range({.min = min, .max = max}, release); }

TEST(KernelRange, WithoutEndsHoldsEveryRelease) {
  EXPECT_TRUE(within({}, {}, "6.1.0-56-amd64"));
  EXPECT_TRUE(within({}, {}, "custom"));
}

TEST(KernelRange, IncludesItsLeastKernel) {
  EXPECT_TRUE(within("6.1", {}, "6.1.0-56-rt-amd64"));
  EXPECT_TRUE(within("6.1", {}, "6.1"));
  EXPECT_FALSE(within("6.1", {}, "6.0.19-amd64"));
  EXPECT_FALSE(within("6.1.1", {}, "6.1.0-56-amd64"));
}

TEST(KernelRange, TakesAllOfTheSeriesThatItsGreatestKernelNames) {
  EXPECT_TRUE(within({}, "6.1", "6.1.192-amd64"));
  EXPECT_TRUE(within({}, "6.1", "6.1-rc1"));
  EXPECT_FALSE(within({}, "6.1", "6.2.0"));
  EXPECT_TRUE(within({}, "6", "6.99.1"));
  EXPECT_FALSE(within({}, "6.12.3", "6.12.4+deb12-amd64"));
}

TEST(KernelRange, ComparesNumbersAndNotTexts) {
  EXPECT_FALSE(within({}, "6.2", "6.12.117+deb12-amd64"));
  EXPECT_TRUE(within("6.2", {}, "6.12.117+deb12-amd64"));
  EXPECT_TRUE(within("5.19", "6.10", "6.9.12"));
}

TEST(KernelRange, LeavesOutAReleaseThatStartsWithNoNumber) {
  EXPECT_FALSE(within("1", {}, "custom"));
  EXPECT_FALSE(within({}, "9", ""));
}

TEST(KernelRange, DoesNotWrapRoundAtNumbersTooLarge) {
  EXPECT_FALSE(within({}, "6.1", "99999999999999999999999999.1"));
  EXPECT_TRUE(within("6.1", {}, "99999999999999999999999999.1"));
}

TEST(KernelVersion, IsNumbersWithDotsBetween) {
  for (const char* good : {"6", "6.1", "6.12.3", "2.6.32.71"}) EXPECT_TRUE(is_kernel_version(good)) << good;
  for (const char* bad : {"", ".", "6.", ".1", "v6.1", "6.1-rc1", "6..1", "1.2.3.4.5", "6.1 ", "1234567890"})
    EXPECT_FALSE(is_kernel_version(bad)) << bad;
}

}  // namespace
}  // namespace kmpack
