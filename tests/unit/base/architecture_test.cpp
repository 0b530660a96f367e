#include "kmpack/architecture.hpp"

#include <elf.h>
#include <gtest/gtest.h>

namespace kmpack {
namespace {

TEST(FindArchitecture, KnowsEverySpellingOfOneMachine) {
  const Architecture* const arm = find_architecture("arm64");
  ASSERT_NE(arm, nullptr);
  EXPECT_EQ(find_architecture("aarch64"), arm);
  EXPECT_EQ(find_architecture("aarch64-linux-gnu"), arm);
  EXPECT_EQ(arm->rpm, "aarch64");
  EXPECT_EQ(arm->triplet, "aarch64-linux-gnu");
  EXPECT_EQ(arm->elf_machine, EM_AARCH64);
  EXPECT_EQ(find_architecture("amd64"), find_architecture("x86_64"));
}

TEST(FindArchitecture, DoesNotGuess) {
  EXPECT_EQ(find_architecture("x86"), nullptr);
  EXPECT_EQ(find_architecture("AMD64"), nullptr);
  EXPECT_EQ(find_architecture(""), nullptr);
}

TEST(HostArchitecture, IsOneOfTheKnownOnes) { EXPECT_EQ(find_architecture(host_architecture().deb), &host_architecture()); }

}  // namespace
}  // namespace kmpack
