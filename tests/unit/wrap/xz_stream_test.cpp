#include "wrap/xz_stream.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>

#include "wrap/compress.hpp"

namespace kmpack {
namespace {

std::string packed(std::string_view bytes, unsigned threads, std::size_t step = std::string_view::npos,
                   XzContent content = XzContent::any) {
  std::string out;
  XzStream stream({.level = 1, .content = content}, threads, [&](std::string_view piece) { out += piece; });
  while (!bytes.empty()) {
    stream.add(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
  stream.finish();
  return out;
}

/// Words that come again, near and far, between noise.
std::string sample(std::size_t size) {
  std::string bytes;
  std::uint32_t state = 7;
  while (bytes.size() < size) {
    state = state * 1664525U + 1013904223U;
    if (bytes.size() > 5000 && state % 8 != 0) {
      bytes.append(bytes, state % (bytes.size() - 400), 200);
    } else {
      for (int number = 0; number < 40; ++number) bytes += static_cast<char>((state = state * 1664525U + 1013904223U) >> 24U);
    }
  }
  bytes.resize(size);
  return bytes;
}

TEST(XzStream, UnpacksToWhatWasAddedWhateverItsLength) {
  constexpr std::size_t kKib = 1024;
  constexpr std::size_t kSlab = 8 * kKib * kKib;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{4095}, 128 * kKib, 128 * kKib + 1, 3 * kKib * kKib,
                                 4 * kKib * kKib + 1, kSlab, kSlab + 1}) {
    const std::string bytes = sample(size);
    const std::string whole = packed(bytes, 2);
    EXPECT_EQ(compression_of(whole), Compression::xz);
    EXPECT_TRUE(decompressed(whole) == bytes) << size;
  }
}

TEST(XzStream, GivesTheSameBytesWithAnyNumberOfThreadsAndAnySteps) {
  const std::string bytes = sample(std::size_t{5} << 20U);
  const std::string one = packed(bytes, 1);
  EXPECT_TRUE(packed(bytes, 2) == one);
  EXPECT_TRUE(packed(bytes, 7) == one);
  EXPECT_TRUE(packed(bytes, 0, 10'007) == one);
}

std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& letter : bytes) letter = static_cast<char>((state = state * 1664525U + 1013904223U) >> 24U);
  return bytes;
}

TEST(XzStream, StoresNoiseBetweenTextWhereverItLies) {
  const std::string text = sample(150'000);
  for (const std::string& bytes : {noise(300'000), noise(70'000) + text, text + noise(70'000), text + noise(20'000) + text,
                                   text + noise(9U << 20U) + text}) {
    const std::string whole = packed(bytes, 2);
    EXPECT_TRUE(decompressed(whole) == bytes) << bytes.size();
    EXPECT_TRUE(packed(bytes, 1, 10'007) == whole);
    EXPECT_TRUE(decompressed(packed(bytes, 2, bytes.size(), XzContent::relocations)) == bytes) << bytes.size();
  }
  // Three bytes for each 64 KiB, and what frames the stream.
  EXPECT_LE(packed(noise(300'000), 2).size(), 300'000U + 5 * 3 + 64);
}

TEST(XzStream, FindsInOnePieceWhatLiesInTheOneBefore) { EXPECT_LT(packed(noise(100'000) + noise(100'000), 2).size(), 105'000U); }

TEST(XzStream, LetsAFailureToWriteOut) {
  XzStream stream({.level = 0}, 2, [](std::string_view) { throw std::runtime_error("full"); });
  stream.add("x");
  EXPECT_THROW(stream.finish(), std::runtime_error);
}

}  // namespace
}  // namespace kmpack
