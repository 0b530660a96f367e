#include "manifest/spdx.hpp"

#include <gtest/gtest.h>

namespace kmpack {
namespace {

TEST(License, TakesSpdxExpressions) {
  for (const char* good : {"GPL-2.0-only", "MIT OR GPL-2.0-only", "(MIT AND BSD-3-Clause) OR GPL-2.0+",
                           "GPL-2.0-only WITH Linux-syscall-note", "LicenseRef-Proprietary", "((MIT))", "GPL-2.0"}) {
    EXPECT_FALSE(find_license_fault(good).has_value()) << good;
  }
}

TEST(License, RefusesWhatIsNoExpression) {
  for (const char* bad : {"", "MIT OR", "OR MIT", "MIT GPL-2.0-only", "(MIT", "MIT)", "()", "MIT, ISC", "MIT/GPL-2.0-only",
                          "MIT or ISC", "MIT (ISC)", "AND", "GPL v2", "Dual BSD/GPL"}) {
    EXPECT_TRUE(find_license_fault(bad).has_value()) << bad;
  }
}

TEST(License, KnowsWhatLooseNamesMean) {
  const auto fault = find_license_fault("GPLv2");
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->message, "'GPLv2' is not an SPDX identifier");
  EXPECT_EQ(fault->hint, "write GPL-2.0-only, or what the sources say");
}

TEST(ModuleLicense, HasAnSpdxExpression) {
  EXPECT_EQ(spdx_of_module_license("Dual MIT/GPL"), "MIT OR GPL-2.0-only");
  EXPECT_EQ(spdx_of_module_license("GPL"), "GPL-2.0-only");
  EXPECT_EQ(spdx_of_module_license("Beerware"), std::nullopt);
}

}  // namespace
}  // namespace kmpack
