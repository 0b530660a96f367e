#include "support/golden.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace kmpack::test {
namespace {

namespace fs = std::filesystem;

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): tests do not change the environment
  return value != nullptr && *value != '\0';
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The first line in which two texts differ, as `expected` and `actual` have it.
std::string first_difference(std::string_view expected, std::string_view actual) {
  std::istringstream left{std::string(expected)};
  std::istringstream right{std::string(actual)};
  for (int number = 1;; ++number) {
    std::string golden;
    std::string now;
    const bool more = static_cast<bool>(std::getline(left, golden));
    const bool more_now = static_cast<bool>(std::getline(right, now));
    if (!more && !more_now) return "they differ at the end of a line";
    if (golden == now && more == more_now) continue;
    return fmt::format("line {}\n  golden: {}\n  now:    {}", number, more ? golden : "(ends here)",
                       more_now ? now : "(ends here)");
  }
}

}  // namespace

void expect_golden(std::string_view name, std::string_view actual) {
  const fs::path file = fs::path(KMPACK_SOURCE_DIR) / "tests/golden" / name;
  if (is_set("KMPACK_UPDATE_GOLDEN")) {
    if (is_set("CI")) FAIL() << "KMPACK_UPDATE_GOLDEN is refused where CI is set";
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << actual;
    GTEST_SKIP() << "rewrote " << file << "; review it";
  }
  if (!fs::exists(file)) FAIL() << file << " is not there; KMPACK_UPDATE_GOLDEN=1 makes it";
  const std::string golden = content_of(file);
  if (golden != actual) {
    ADD_FAILURE() << file << " differs: " << first_difference(golden, actual)
                  << "\nafter a review, KMPACK_UPDATE_GOLDEN=1 rewrites it";
  }
}

}  // namespace kmpack::test
