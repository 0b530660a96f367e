#include "verify/firmware.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kmpack/diagnostic.hpp"

namespace kmpack {
namespace {

using testing::HasSubstr;

constexpr std::size_t kVolumeHeader = 0x48;

/// An empty variable store as the firmware formats it: volume header, store header, flash that was never written.
std::string empty_store(std::size_t size = 1024) {
  std::string bytes(kVolumeHeader, '\0');
  bytes.replace(0x28, 4, "_FVH");
  bytes[0x30] = static_cast<char>(kVolumeHeader);
  std::string store{"\x78\x2c\xf3\xaa\x7b\x94\x9a\x43\xa1\x80\x2e\x14\x4e\xc3\x77\x92", 16};
  for (int shift = 0; shift < 32; shift += 8) store.push_back(static_cast<char>((size >> shift) & 0xff));
  store += std::string{"\x5a\xfe\0\0\0\0\0\0", 8};
  store.resize(size, '\xff');
  return bytes + store + std::string(64, '\xff');
}

std::string code_of(const std::string& variables, const std::string& certificate = "cert") {
  try {
    static_cast<void>(with_trusted_certificate(variables, certificate));
    return {};
  } catch (const Error& error) {
    return std::string{error.diagnostic().code};
  }
}

TEST(Firmware, WritesOneAuthenticatedVariableAndNothingElse) {
  const std::string before = empty_store();
  const std::string after = with_trusted_certificate(before, "CERTIFICATE");
  ASSERT_EQ(after.size(), before.size());
  const std::size_t place = kVolumeHeader + 28;
  const std::string record = after.substr(place, 60 + 6 + 28 + 16 + 11);
  EXPECT_EQ(record.substr(0, 8), (std::string{"\xaa\x55\x3f\0\x27\0\0\0", 8}));
  EXPECT_EQ(record.substr(36, 8), (std::string{"\x06\0\0\0\x37\0\0\0", 8})) << "sizes of name and data";
  EXPECT_EQ(record.substr(60, 6), (std::string{"d\0b\0\0\0", 6}));
  EXPECT_EQ(record.substr(record.size() - 11), "CERTIFICATE");
  EXPECT_EQ(after.substr(0, place), before.substr(0, place));
  EXPECT_EQ(after.substr(place + record.size()), before.substr(place + record.size()));
}

TEST(Firmware, SameCertificateGivesSameBytes) {
  EXPECT_EQ(with_trusted_certificate(empty_store(), "c"), with_trusted_certificate(empty_store(), "c"));
}

TEST(Firmware, SecondCertificateIsRefusedRatherThanHidden) {
  EXPECT_EQ(code_of(with_trusted_certificate(empty_store(), "first")), "firmware-unusable");
}

TEST(Firmware, CertificateThatDoesNotFitIsRefused) {
  EXPECT_EQ(code_of(empty_store(200), std::string(100, 'x')), "firmware-unusable");
  EXPECT_EQ(code_of(empty_store(100)), "firmware-unusable");
}

TEST(Firmware, FlashThatWasNeverWrittenIsFormattedFirst) {
  constexpr std::size_t kBlock = 256 * 1024;
  const std::string flash(8 * kBlock, '\0');
  const std::string after = with_trusted_certificate(flash, "CERTIFICATE");
  ASSERT_EQ(after.size(), flash.size());
  // What AAVMF 2022.11 itself writes at its first start, but for the number of blocks.
  const std::string header{
      "\x8d\x2b\xf1\xff\x96\x76\x8b\x4c\xa9\x85\x27\x47\x07\x5b\x4f\x50\x00\x00\x0c\x00\x00\x00\x00\x00_"
      "FVH\x36\x0e\x00\x00\x48\x00",
      34};
  EXPECT_EQ(after.substr(16, header.size()), header);
  unsigned sum = 0;
  for (std::size_t place = 0; place < kVolumeHeader; place += 2) {
    sum += static_cast<unsigned char>(after[place]) + 256U * static_cast<unsigned char>(after[place + 1]);
  }
  EXPECT_EQ(sum % 65536, 0U) << "the firmware would take the volume for damaged";
  EXPECT_EQ(after.substr(56, 8), (std::string{"\x08\0\0\0\0\0\x04\0", 8})) << "eight blocks of 256 KiB";
  EXPECT_EQ(after.substr(kVolumeHeader + 16, 8), (std::string{"\xb8\xff\x03\0\x5a\xfe\0\0", 8}));
  EXPECT_EQ(after.substr(kVolumeHeader + 28, 2), "\xaa\x55");
  EXPECT_EQ(code_of(after), "firmware-unusable") << "there is a certificate in it now";
}

TEST(Firmware, ZerosThatAreNoFlashAreRefused) {
  EXPECT_EQ(code_of(std::string(3 * 256 * 1024 - 1, '\0')), "firmware-unusable");
  EXPECT_EQ(code_of(std::string(4 * 256 * 1024 + 1, '\0')), "firmware-unusable");
}

TEST(Firmware, NothingButAVariableStoreIsTaken) {
  EXPECT_EQ(code_of(""), "firmware-unusable");
  EXPECT_EQ(code_of(std::string(4096, '\0')), "firmware-unusable");
  std::string other = empty_store();
  other[kVolumeHeader] = 'y';
  EXPECT_EQ(code_of(other), "firmware-unusable");
}

TEST(Firmware, EveryTruncationIsRefusedOrFits) {
  const std::string whole = with_trusted_certificate(empty_store(), "first");
  for (std::size_t length = 0; length < whole.size() - 64; ++length)
    EXPECT_EQ(code_of(whole.substr(0, length)), "firmware-unusable") << length;
}

TEST(Firmware, VariableWithAnAbsurdLengthIsRefused) {
  std::string bytes = with_trusted_certificate(empty_store(), "first");
  bytes.replace(kVolumeHeader + 28 + 40, 4, "\xff\xff\xff\x7f");
  EXPECT_EQ(code_of(bytes), "firmware-unusable");
}

}  // namespace
}  // namespace kmpack
