#pragma once

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace kmpack::test {

/// Compares `actual` with the file tests/golden/<name>, byte for byte.
///
/// With KMPACK_UPDATE_GOLDEN=1 the file is rewritten instead and the answer is `rewritten`, which the macro turns into a skip: a
/// rewrite is never a pass. Where CI is set, rewriting is refused.
struct GoldenResult {
  bool rewritten = false;
  std::string failure;  ///< empty when the text is the golden one
};
GoldenResult compare_with_golden(std::string_view name, std::string_view actual);

}  // namespace kmpack::test

#define KMPACK_EXPECT_GOLDEN(name, actual)                                                           \
  do {                                                                                               \
    const auto golden_result = ::kmpack::test::compare_with_golden((name), (actual));                \
    if (golden_result.rewritten) GTEST_SKIP() << "rewrote tests/golden/" << (name) << "; review it"; \
    EXPECT_TRUE(golden_result.failure.empty()) << golden_result.failure;                             \
  } while (false)
