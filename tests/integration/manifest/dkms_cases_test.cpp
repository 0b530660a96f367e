#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "dkms/case.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

const fs::path kCases = fs::path(KMPACK_SOURCE_DIR) / "tests/dkms/cases";

bool is_updating() { return std::getenv("KMPACK_UPDATE_GOLDEN") != nullptr; }

/// `expected` is what the newest dkms means; `expected-3.0` is there where the old one means something else.
void check(const std::string& name) {
  const test::DkmsCase subject(kCases / name);
  const std::string now = subject.all(DkmsSemantics::v3_4);
  const std::string old = subject.all(DkmsSemantics::v3_0);
  const fs::path expected = kCases / name / "expected";
  const fs::path expected_old = kCases / name / "expected-3.0";
  if (is_updating()) {
    write_file(expected, now);
    if (old != now) {
      write_file(expected_old, old);
    } else {
      fs::remove(expected_old);
    }
    return;
  }
  EXPECT_EQ(read_file(expected), now) << name;
  EXPECT_EQ(read_file(fs::exists(expected_old) ? expected_old : expected), old) << name << ", as dkms 3.0";
}

TEST(DkmsCases, MeanWhatTheirDirectoriesSay) {
  if (is_updating() && std::getenv("CI") != nullptr) FAIL() << "nothing is rewritten in CI";
  const auto names = test::dkms_cases(kCases);
  EXPECT_GE(names.size(), 80U);
  for (const std::string& name : names) check(name);
  if (is_updating()) GTEST_SKIP() << "rewritten";
}

}  // namespace
}  // namespace kmpack
