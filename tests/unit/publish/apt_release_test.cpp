#include "publish/apt_release.hpp"

#include <gtest/gtest.h>

#include "support/thrown.hpp"

namespace kmpack {
namespace {

AptRelease sample() {
  return {.label = "site",
          .suite = "debian-12",
          .components = {"main"},
          .architectures = {"amd64", "arm64"},
          .date = 1780000000,
          .valid_until = 1780086400,
          .files = {{"main/binary-amd64/Packages", {.sha256 = "ab", .size = 12}}}};
}

TEST(AptRelease, IsAsAptReadsIt) {
  EXPECT_EQ(release_text(sample()),
            "Origin: site\nLabel: site\nSuite: debian-12\nCodename: debian-12\nDate: Thu, 28 May 2026 20:26:40 UTC\n"
            "Valid-Until: Fri, 29 May 2026 20:26:40 UTC\nAcquire-By-Hash: yes\nNo-Support-for-Architecture-all: Packages\n"
            "Architectures: amd64 arm64\nComponents: main\nSHA256:\n ab 12 main/binary-amd64/Packages\n");
}

TEST(AptRelease, IsReadBackAsItWasWritten) {
  const AptRelease read = parse_release(release_text(sample()), "Release");
  EXPECT_EQ(release_text(read), release_text(sample()));
  EXPECT_EQ(read.date, 1780000000);
  EXPECT_EQ(read.valid_until, 1780086400);
}

TEST(AptRelease, WithoutATermIsValidForEver) {
  AptRelease release = sample();
  release.valid_until = 0;
  EXPECT_EQ(release_text(release).find("Valid-Until"), std::string::npos);
}

TEST(AptRelease, OfPackagesForAllOnlyHasAListForThem) {
  AptRelease release = sample();
  release.architectures = {"all"};
  EXPECT_EQ(release_text(release).find("No-Support"), std::string::npos);
}

TEST(AptRelease, ADateOfSomebodyElsesFormIsNone) {
  for (const char* const date :
       {"", "Thu, 28 May 2026 20:26:40 +0000", "28 May", "Thu, 28 Mai 2026 20:26:40 UTC", "a b c d e UTC"})
    EXPECT_EQ(parse_release(std::string("Suite: x\nDate: ") + date + "\n", "Release").date, 0) << date;
}

TEST(AptRelease, OfNoOrTwoParagraphsIsDamage) {
  for (const char* const text : {"", "Suite: a\n\nSuite: b\n"})
    EXPECT_EQ(test::code_thrown_by([&] { parse_release(text, "Release"); }), "repository-damaged");
}

TEST(ByHash, IsBesideTheList) { EXPECT_EQ(by_hash("main/Contents-amd64.xz", "ab"), "main/by-hash/SHA256/ab"); }

}  // namespace
}  // namespace kmpack
