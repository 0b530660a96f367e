#include "wrap/noise.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace kmpack {
namespace {

constexpr std::size_t kKib = 1024;

std::string noise(std::size_t size, std::uint32_t state) {
  std::string bytes(size, '\0');
  for (char& letter : bytes) letter = static_cast<char>((state = state * 1664525U + 1013904223U) >> 24U);
  return bytes;
}

std::string described(std::string_view bytes) {
  std::string text;
  for (const NoiseRun& run : noise_runs(bytes))
    text += (run.noise ? "noise " : "other ") + std::to_string(run.size / kKib) + "; ";
  return text;
}

TEST(NoiseRuns, CutsWhereNoiseBeginsAndEnds) {
  const std::string text(64 * kKib, 'x');
  EXPECT_EQ(described(text + noise(64 * kKib, 1) + text), "other 64; noise 64; other 64; ");
  EXPECT_EQ(described(text), "other 64; ");
  EXPECT_EQ(described(noise(64 * kKib, 1)), "noise 64; ");
  EXPECT_EQ(described(""), "");
}

TEST(NoiseRuns, LeavesALittleNoiseWhereItIs) {
  const std::string text(8 * kKib, 'x');
  EXPECT_EQ(described(text + noise(12 * kKib, 1) + text), "other 28; ");
}

TEST(NoiseRuns, KnowsNoiseThatComesAgainWhereverItBegins) {
  const std::string once = noise(64 * kKib, 1);
  EXPECT_EQ(described(once + std::string(1000, 'x') + once), "noise 64; other 64; ");
  EXPECT_EQ(described(once + noise(64 * kKib, 2)), "noise 128; ");
}

TEST(NoiseRuns, TakesTextOfFewSignsForText) {
  std::string digits = noise(64 * kKib, 3);
  for (char& letter : digits) letter = static_cast<char>('0' + static_cast<unsigned char>(letter) % 64);
  EXPECT_EQ(described(digits), "other 64; ");
}

}  // namespace
}  // namespace kmpack
