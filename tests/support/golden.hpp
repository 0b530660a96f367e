#pragma once

#include <string_view>

namespace kmpack::test {

/// Expects `actual` to be the file tests/golden/<name>, byte for byte; a failure names the first line that differs.
///
/// With KMPACK_UPDATE_GOLDEN=1 the file is rewritten instead and the test ends as skipped: a rewrite is never a pass. Where CI is
/// set as well, the test fails instead.
void expect_golden(std::string_view name, std::string_view actual);

}  // namespace kmpack::test
