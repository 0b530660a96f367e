#include "wrap/compress.hpp"

#include <gtest/gtest.h>

#include "kmpack/diagnostic.hpp"

namespace kmpack {
namespace {

constexpr Compression kAll[] = {Compression::none, Compression::gzip, Compression::xz, Compression::zstd};
constexpr Compression kReal[] = {Compression::gzip, Compression::xz, Compression::zstd};

std::string varied(std::size_t size) {
  std::string text;
  std::uint32_t state = 7;
  while (text.size() < size) {
    state = state * 1664525 + 1013904223;
    text += static_cast<char>(state >> 24U);
    text += "module";
  }
  text.resize(size);
  return text;
}

std::string code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return std::string(error.diagnostic().code);
  }
  return "nothing";
}

TEST(Compress, GivesBackWhatWasPacked) {
  for (const Compression compression : kAll)
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{255}, std::size_t{3'000'001}})
      EXPECT_EQ(decompressed(compressed(varied(size), compression)), varied(size))
          << static_cast<int>(compression) << " " << size;
}

TEST(Compress, MakesTheSameBytesEveryTime) {
  for (const Compression compression : kReal)
    EXPECT_EQ(compressed(varied(100'000), compression), compressed(varied(100'000), compression));
}

TEST(Compress, TellsTheKindByTheFirstBytes) {
  for (const Compression compression : kReal) EXPECT_EQ(compression_of(compressed("x", compression)), compression);
  EXPECT_EQ(compression_of("\x7f"
                           "ELF"),
            Compression::none);
  EXPECT_EQ(compression_of(""), Compression::none);
}

TEST(Compress, WritesXzWithCrc32WhichTheKernelKnows) {
  const std::string packed = compressed(varied(1000), Compression::xz);
  EXPECT_EQ(packed.at(6), '\0');
  EXPECT_EQ(packed.at(7), '\1') << "stream flags: 1 is CRC32, 4 would be CRC64";
}

TEST(Compress, WritesGzipWithoutNameAndTime) {
  const std::string packed = compressed(varied(1000), Compression::gzip);
  EXPECT_EQ(packed.substr(3, 5), std::string(5, '\0')) << "flags and time stamp";
}

TEST(Compress, ReportsDataThatWereCutShort) {
  for (const Compression compression : kReal) {
    const std::string packed = compressed(varied(50'000), compression);
    for (const std::size_t size : {packed.size() - 1, packed.size() / 2, std::size_t{20}})
      EXPECT_EQ(code_of([&] { decompressed(std::string_view(packed).substr(0, size)); }), "compressed-damaged")
          << static_cast<int>(compression) << " " << size;
  }
}

TEST(Compress, ReportsDataThatWereChanged) {
  for (const Compression compression : kReal) {
    std::string packed = compressed(varied(50'000), compression);
    packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 0x55);
    EXPECT_EQ(code_of([&] { decompressed(packed); }), "compressed-damaged");
  }
}

TEST(Compress, ReportsWhatFollowsTheEnd) {
  for (const Compression compression : kReal)
    EXPECT_EQ(code_of([&] { decompressed(compressed(varied(5000), compression) + "more"); }), "compressed-damaged");
}

TEST(Compress, StopsAtTheLimitInsteadOfFillingMemory) {
  for (const Compression compression : kReal) {
    const std::string bomb = compressed(std::string(64U << 20U, '\0'), compression);
    ASSERT_LT(bomb.size(), 1U << 20U);
    EXPECT_EQ(code_of([&] { decompressed(bomb, 1U << 20U); }), "compressed-too-large");
    const std::string exact = compressed(std::string(1U << 20U, 'x'), compression);
    EXPECT_EQ(decompressed(exact, 1U << 20U).size(), 1U << 20U);
    EXPECT_EQ(code_of([&] { decompressed(exact, (1U << 20U) - 1); }), "compressed-too-large");
  }
}

TEST(Compress, NamesTheSuffixThatModprobeExpects) {
  EXPECT_EQ(suffix_of(Compression::none), "");
  EXPECT_EQ(suffix_of(Compression::gzip), ".gz");
  EXPECT_EQ(suffix_of(Compression::xz), ".xz");
  EXPECT_EQ(suffix_of(Compression::zstd), ".zst");
}

}  // namespace
}  // namespace kmpack
