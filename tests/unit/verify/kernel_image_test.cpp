#include "verify/kernel_image.hpp"

#include <gtest/gtest.h>

#include "wrap/compress.hpp"

namespace kmpack {
namespace {

void put(std::string& bytes, std::size_t place, std::uint32_t value, std::size_t width) {
  for (std::size_t index = 0; index < width; ++index) bytes[place + index] = static_cast<char>((value >> (8 * index)) & 0xff);
}

/// A boot image around a payload, as the kernel's build lays it out.
std::string image_of(std::string payload) {
  payload += "SIZE";  // the unpacked size, which the build appends
  std::string image(2 * 512, '\0');
  put(image, 0x1f1, 1, 1);
  put(image, 0x1fe, 0xaa55, 2);
  image.replace(0x202, 4, "HdrS");
  put(image, 0x206, 0x020f, 2);
  put(image, 0x248, 16, 4);
  put(image, 0x24c, static_cast<std::uint32_t>(payload.size()), 4);
  return image + std::string(16, 'c') + payload + "after";
}

/// An EFI program that unpacks itself, as arm64 kernels may be built.
std::string efi_image_of(const std::string& payload) {
  std::string image(256, '\0');
  image.replace(0, 2, "MZ");
  image.replace(4, 4, "zimg");
  put(image, 8, 256, 4);
  put(image, 12, static_cast<std::uint32_t>(payload.size()), 4);
  image.replace(24, 4, "gzip");
  return image + payload + "SIZE and the rest of the program";
}

std::string arm64_image() {
  std::string image(256, 'a');
  return image.replace(56, 4, "ARMd");
}

std::string elf_with_entry() {
  return std::string{
             "\x7f"
             "ELF"} +
         std::string(60, '\0') + std::string{"\x04\0\0\0\x08\0\0\0\x12\0\0\0Xen\0entry...", 24};
}

TEST(KernelImage, FindsThePayloadInEachCompressionTheKernelBuildUses) {
  for (const Compression compression : {Compression::gzip, Compression::xz, Compression::zstd}) {
    const std::string image = image_of(compressed(elf_with_entry(), compression));
    const auto payload = find_payload(image);
    ASSERT_TRUE(payload);
    EXPECT_EQ(payload->compression, compression);
    EXPECT_EQ(unpacked_kernel(image), elf_with_entry());
  }
}

TEST(KernelImage, EfiProgramThatUnpacksItselfIsUnpacked) {
  for (const Compression compression : {Compression::gzip, Compression::xz, Compression::zstd}) {
    const std::string image = efi_image_of(compressed(arm64_image(), compression));
    ASSERT_TRUE(find_payload(image));
    EXPECT_EQ(find_payload(image)->compression, compression);
    EXPECT_EQ(unpacked_kernel(image), arm64_image());
  }
}

TEST(KernelImage, EfiProgramWithoutAKernelInItIsLeftAlone) {
  EXPECT_FALSE(unpacked_kernel(efi_image_of(compressed(std::string(256, 'a'), Compression::gzip))));
  EXPECT_FALSE(find_payload(efi_image_of("not compressed")));
  // Debian's arm64 kernels are plain images: the emulator takes them as they are.
  EXPECT_FALSE(unpacked_kernel(arm64_image()));
  for (const std::size_t field : {8U, 12U}) {
    std::string image = efi_image_of(compressed(arm64_image(), Compression::gzip));
    put(image, field, 0xfffffff0U, 4);
    EXPECT_FALSE(find_payload(image)) << field;
  }
}

TEST(KernelImage, KernelWithoutDirectEntryIsLeftToItsOwnDecompressor) {
  EXPECT_FALSE(
      unpacked_kernel(image_of(compressed("\x7f"
                                          "ELF without the note",
                                          Compression::xz))));
}

TEST(KernelImage, DamagedPayloadIsLeftToItsOwnDecompressor) {
  std::string image = image_of(compressed(elf_with_entry(), Compression::xz));
  image[1024 + 16 + 30] = static_cast<char>(image[1024 + 16 + 30] ^ 0x55);
  EXPECT_FALSE(unpacked_kernel(image));
}

TEST(KernelImage, UnknownCompressionAndOtherFilesHaveNoPayload) {
  EXPECT_FALSE(find_payload(image_of("\x02\x21\x4c\x18 lz4")));
  EXPECT_FALSE(find_payload(""));
  EXPECT_FALSE(find_payload(std::string(4096, 'x')));
  EXPECT_FALSE(find_payload(elf_with_entry()));
}

TEST(KernelImage, LengthsBeyondTheFileAreNotFollowed) {
  const std::string good = image_of(compressed(elf_with_entry(), Compression::gzip));
  for (const std::size_t field : {0x248U, 0x24cU}) {
    std::string image = good;
    put(image, field, 0xfffffff0U, 4);
    EXPECT_FALSE(find_payload(image)) << field;
  }
  for (std::size_t length = 0; length < good.size() - 5; ++length)
    EXPECT_FALSE(find_payload(std::string_view{good}.substr(0, length)));
}

}  // namespace
}  // namespace kmpack
