#include "kmpack/diagnostic.hpp"

#include <gtest/gtest.h>

#include "base/assert.hpp"

namespace kmpack {
namespace {

Diagnostic unknown_flavor() {
  return {.code = "flavor-pattern-invalid",
          .message = "unknown flavor 'rt-6.1'",
          .where = SourceSpan{"module.xml", 14, 3},
          .notes = {"while packaging hello", "second"},
          .hint = "did you mean '6.1-rt'?"};
}

TEST(ToText, ShowsPlaceMessageCodeNotesAndHintInThisOrder) {
  EXPECT_EQ(to_text(unknown_flavor()),
            "module.xml:14: error: unknown flavor 'rt-6.1' [flavor-pattern-invalid]\n"
            "  note: while packaging hello\n"
            "  note: second\n"
            "  hint: did you mean '6.1-rt'?");
}

TEST(ToText, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(to_text({.code = "disk-full", .message = "no space", .where = {}, .notes = {}, .hint = {}}),
            "error: no space [disk-full]");
  EXPECT_EQ(to_text({.severity = Severity::warning,
                     .code = "disk-full",
                     .message = "no space",
                     .where = SourceSpan{"a.xml", 0, 0},
                     .notes = {},
                     .hint = {}}),
            "a.xml: warning: no space [disk-full]");
}

TEST(Diagnostics, StaysOkWithWarningsOnly) {
  Diagnostics problems;
  EXPECT_TRUE(problems.ok());
  Diagnostic odd = unknown_flavor();
  odd.severity = Severity::warning;
  problems.report(odd);
  EXPECT_TRUE(problems.ok());
  problems.report(unknown_flavor());
  EXPECT_FALSE(problems.ok());
  EXPECT_EQ(problems.error_count(), 1U);
  EXPECT_EQ(problems.all().size(), 2U);
}

TEST(Diagnostics, CountsTheErrorsItTakesOver) {
  Diagnostics first;
  first.report(unknown_flavor());
  Diagnostics second;
  second.report(unknown_flavor());
  first.append(std::move(second));
  EXPECT_EQ(first.error_count(), 2U);
  EXPECT_EQ(first.all().size(), 2U);
}

TEST(WithContext, AddsANoteToAnErrorThatPassesThrough) {
  try {
    with_context("while signing x.ko", []() -> int { throw Error(unknown_flavor()); });
    FAIL() << "the error was swallowed";
  } catch (const Error& error) {
    ASSERT_EQ(error.diagnostic().notes.size(), 3U);
    EXPECT_EQ(error.diagnostic().notes.back(), "while signing x.ko");
    EXPECT_NE(std::string_view(error.what()).find("note: while signing x.ko"), std::string_view::npos);
  }
}

TEST(WithContext, ReturnsWhatTheWorkReturnsAndLetsCancelledThrough) {
  EXPECT_EQ(with_context("n", [] { return 7; }), 7);
  EXPECT_THROW(with_context("n", [] { throw Cancelled{}; }), Cancelled);
}

TEST(AssertDeathTest, NamesTheConditionAndThePlace) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(KMPACK_ASSERT(1 + 1 == 3), "bug: '1 \\+ 1 == 3' does not hold at .*diagnostic_test.cpp");
}

}  // namespace
}  // namespace kmpack
