#include "verify/module_check.hpp"

#include <gtest/gtest.h>

#include "wrap/compress.hpp"

namespace kmpack {
namespace {

/// Header of an xz file: check 1 is CRC32, 4 CRC64; dictionary 18 is 1 MiB, 22 is 4 MiB.
std::string xz_header(char check, char dictionary, bool with_sizes = false) {
  std::string file{"\xfd\x37zXZ\0\0", 7};
  file.push_back(check);
  file += "crc.";
  std::string block;
  block.push_back(with_sizes ? '\xc0' : '\0');
  if (with_sizes) block += std::string{"\x80\x01\x05", 3};
  block += '\x21';
  block += '\x01';
  block += dictionary;
  while ((block.size() + 1) % 4 != 0) block.push_back('\0');
  block += "crc.";
  file.push_back(static_cast<char>((block.size() + 1) / 4 - 1));
  return file + block + "data data data";
}

TEST(XzForTheKernel, OurOwnCompressionPasses) {
  EXPECT_FALSE(xz_unreadable_by_kernel(compressed(std::string(100000, 'a'), Compression::xz)));
}

TEST(XzForTheKernel, Crc32AndOneMebibyteAreTheLimit) {
  EXPECT_FALSE(xz_unreadable_by_kernel(xz_header(1, 18)));
  EXPECT_FALSE(xz_unreadable_by_kernel(xz_header(0, 18)));
  EXPECT_FALSE(xz_unreadable_by_kernel(xz_header(1, 18, true)));
  EXPECT_EQ(xz_unreadable_by_kernel(xz_header(4, 18)), "its check is neither CRC32 nor none");
  EXPECT_EQ(xz_unreadable_by_kernel(xz_header(10, 18)), "its check is neither CRC32 nor none");
  EXPECT_EQ(xz_unreadable_by_kernel(xz_header(1, 22)), "its dictionary is larger than 1 MiB");
  EXPECT_EQ(xz_unreadable_by_kernel(xz_header(1, 22, true)), "its dictionary is larger than 1 MiB");
}

TEST(XzForTheKernel, EveryTruncationIsReadWithoutHarm) {
  const std::string whole = xz_header(1, 18, true);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    static_cast<void>(xz_unreadable_by_kernel(std::string_view{whole}.substr(0, length)));
  }
  EXPECT_TRUE(xz_unreadable_by_kernel(std::string_view{whole}.substr(0, 10)));
}

}  // namespace
}  // namespace kmpack
