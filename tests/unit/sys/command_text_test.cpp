#include <gtest/gtest.h>

#include <cstdlib>

#include "kmpack/diagnostic.hpp"
#include "sys/process.hpp"

namespace kmpack {
namespace {

using namespace std::chrono_literals;

TEST(ToShell, PrintsACommandThatCanBePasted) {
  Command command{.program = "make", .args = {"-C", "/usr/src/a tree", "M=/x"}};
  EXPECT_EQ(to_shell(command), "make -C '/usr/src/a tree' M=/x");
  command.directory = "/work dir";
  command.environment = {{"PATH", "/bin"}, {"WORD", "it's"}};
  EXPECT_EQ(to_shell(command), R"(cd '/work dir' && env -i PATH=/bin 'WORD=it'\''s' make -C '/usr/src/a tree' M=/x)");
}

TEST(CompletedHow, TellsExitSignalAndTimeLimitApart) {
  EXPECT_EQ((Completed{.exit_code = 2}.how()), "exit status 2");
  EXPECT_EQ((Completed{.signal = 9}.how()), "signal 9 (Killed)");
  EXPECT_EQ((Completed{.signal = 15, .timed_out = true, .wall = 30s}.how()), "time limit after 30 s");
}

TEST(CompletedOk, IsTrueForExitStatusZeroOnly) {
  EXPECT_TRUE((Completed{.exit_code = 0}.ok()));
  EXPECT_FALSE((Completed{.exit_code = 1}.ok()));
  EXPECT_FALSE((Completed{.signal = 15}.ok()));
}

TEST(ScrubbedEnvironment, HoldsNothingOfTheCallers) {
  ::setenv("CFLAGS", "-DLEAK", 1);
  const auto environment = scrubbed_environment(1700000000);
  EXPECT_EQ(environment.size(), 5U);
  EXPECT_FALSE(environment.contains("CFLAGS"));
  EXPECT_EQ(environment.at("LC_ALL"), "C.UTF-8");
  EXPECT_EQ(environment.at("TZ"), "UTC");
  EXPECT_EQ(environment.at("SOURCE_DATE_EPOCH"), "1700000000");
  EXPECT_TRUE(environment.contains("PATH"));
}

TEST(FindProgram, FindsWhatIsThereAndNothingElse) {
  EXPECT_TRUE(find_program("sh").has_value());
  EXPECT_EQ(find_program("kmpack-no-such-program"), std::nullopt);
}

/// Fails with what it was made for; the smallest stand-in for the runner.
class FailingRunner final : public CommandRunner {
 public:
  Completed run(const Command& /*command*/, std::stop_token /*stop*/) override {
    return {.exit_code = 2, .tail = "\n  x.c:1: error: no\n\n", .errors = "apart\n"};
  }
};

TEST(RunChecked, ReportsTheCommandTheOutputAndTheLog) {
  FailingRunner runner;
  try {
    run_checked(runner, {.program = "/usr/bin/make", .args = {"modules"}, .log = "/w/cell.log"}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "error: make ended with exit status 2 [process-failed]\n"
                 "  note: command: /usr/bin/make modules\n"
                 "  note: output: x.c:1: error: no\n"
                 "  note: log: /w/cell.log");
  }
}

TEST(RunChecked, ShowsStderrWhereItIsKeptApart) {
  FailingRunner runner;
  try {
    run_checked(runner, {.program = "make", .separate_errors = true}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostic().notes.back(), "output: apart");
  }
}

}  // namespace
}  // namespace kmpack
