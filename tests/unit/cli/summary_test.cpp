#include "cli/summary.hpp"

#include <gtest/gtest.h>

#include "cli/table.hpp"
#include "cli/words_of.hpp"
#include "unit/cli/sample_report.hpp"

namespace kmpack {
namespace {

using namespace test;
using namespace std::chrono_literals;

TEST(BuildTable, HasOneRowForEachCellWithItsPackagesOrItsReason) {
  EXPECT_EQ(build_table(sample_report(), Signing::with_key, false),
            "PACKAGE  KERNEL                                     STATUS    SIGNED BY   TIME  PACKAGES\n"
            "hello    debian-12/amd64@6.1.0-7-amd64              built     Example    3.1 s  "
            "hello-modules-6.1.0-7-amd64_1.0-1_amd64.deb\n"
            "hello    debian-12/rt-amd64@6.1.0-7-rt-amd64        failed    -           2:07  hello.c:3:1: error: expected ';'\n"
            "hello    debian-12/cloud-amd64@6.1.0-7-cloud-amd64  excluded  -          0.0 s  needs CONFIG_VIDEO_DEV\n");
}

TEST(BuildTable, SaysUnsignedInEveryRowWithoutAKey) {
  const std::string table = build_table(sample_report(), Signing::none, false);
  std::size_t count = 0;
  for (std::size_t at = 0; (at = table.find("UNSIGNED", at)) != std::string::npos; ++at) ++count;
  EXPECT_EQ(count, 3U);
}

TEST(BuildTable, SaysUnsignedWhenOneModuleIs) {
  Report report = sample_report();
  report.cells[0].modules.push_back({ModuleName{"other"}, "w/other.ko", "", ""});
  EXPECT_NE(build_table(report, Signing::with_key, false).find("UNSIGNED"), std::string::npos);
}

TEST(BuildTable, LetsNoControlCharactersThrough) {
  Report report = sample_report();
  report.cells[1].reason = "bad \x1b[2J\n name";
  const std::string table = build_table(report, Signing::none, false);
  EXPECT_EQ(table.find('\x1b'), std::string::npos);
  EXPECT_NE(table.find("bad ?[2J? name"), std::string::npos);
}

std::string table_of(const Plan& plan) {
  std::string text;
  plan_table(plan, false, [&](std::string_view piece) { text += piece; });
  return text;
}

TEST(PlanTable, TellsVerdictAndReason) {
  EXPECT_EQ(table_of(sample_plan()),
            "PACKAGE  KERNEL                                     VERDICT   HEADERS  MODULES  REASON\n"
            "hello    debian-12/amd64@6.1.0-7-amd64              build     store    -\n"
            "hello    debian-12/rt-amd64@6.1.0-7-rt-amd64        failed    store    -        hello.c:3:1: error: expected ';'\n"
            "hello    debian-12/cloud-amd64@6.1.0-7-cloud-amd64  excluded  store    -        needs CONFIG_VIDEO_DEV\n");
}

TEST(PlanTable, TellsHowManyModulesThereWillBe) {
  Plan plan = sample_plan();
  Manifest manifest = *plan.cells[0].manifest;
  manifest.modules = {{.name = ModuleName{"hello_core"}, .directory = "."}};
  plan.cells[0].manifest = std::make_shared<const Manifest>(manifest);
  manifest.modules.push_back({.name = ModuleName{"hello_usb"}, .directory = "."});
  for (std::size_t i = 1; i < plan.cells.size(); ++i) plan.cells[i].manifest = std::make_shared<const Manifest>(manifest);
  const std::string table = table_of(plan);
  EXPECT_NE(table.find(" build     store    hello_core\n"), std::string::npos) << table;
  EXPECT_NE(table.find(" failed    store    2           hello.c"), std::string::npos) << table;
  EXPECT_NE(table.find(" excluded  store    -           needs"), std::string::npos) << table;
}

TEST(ClosingLines, NameWhatFailedItsLogAndWhatToDo) {
  EXPECT_EQ(closing_lines(sample_report(), false),
            "failed: hello for debian-12/rt-amd64@6.1.0-7-rt-amd64\n"
            "  class: compiler-error, at hello.c:3\n"
            "  hello.c:3: error: make did not build the modules [build-failed]\n"
            "    note: expected ';'\n"
            "    hint: read the log\n"
            "  log: dist/logs/hello-rt.log\n"
            "3 cells: 1 built, 1 excluded, 1 failed\n"
            "packages: dist\n"
            "mend what failed and run the same command again: finished cells are not built again\n");
}

TEST(ClosingLines, ShowWarningsOfCellsThatDidNotFail) {
  Report report;
  report.output = "dist";
  report.cells = {built_outcome()};
  report.cells[0].problems = {
      {.severity = Severity::warning, .code = "module-in-tree", .message = "the kernel has a module hello"}};
  EXPECT_EQ(closing_lines(report, false),
            "warning: the kernel has a module hello [module-in-tree]\n"
            "  note: in hello for debian-12/amd64@6.1.0-7-amd64\n"
            "1 cell: 1 built\n"
            "packages: dist\n");
}

TEST(ClosingLines, TellAfterAnInterruptionThatTheRunCanGoOn) {
  Report report = sample_report();
  report.cells[2].status = Status::cancelled;
  EXPECT_TRUE(closing_lines(report, false).ends_with("run the same command again: it goes on where it stopped\n"));
}

TEST(ExitStatus, IsThatOfTheRun) {
  Report report = sample_report();
  EXPECT_EQ(exit_status(report), 1);
  report.cells.erase(report.cells.begin() + 1);
  EXPECT_EQ(exit_status(report), 0);
  report.cells[0].status = Status::cancelled;
  EXPECT_EQ(exit_status(report), 130);
}

TEST(ExitStatus, IsThatOfTheFirstErrorBeforeTheRun) {
  Diagnostics problems;
  problems.report({.severity = Severity::warning, .code = "file-unreadable", .message = "odd"});
  EXPECT_EQ(exit_status(problems), 0);
  problems.report({.code = "flavor-pattern-invalid", .message = "wrong"});
  EXPECT_EQ(exit_status(problems), 3);
  Report report;
  report.problems = problems;
  EXPECT_EQ(exit_status(report), 3);
}

TEST(RenderTable, CountsColumnsNotBytes) {
  EXPECT_EQ(render_table({{"A"}, {"B"}}, {{{"é"}, {"x"}}, {{"ab"}, {"y"}}}, false), "A   B\né   x\nab  y\n");
}

TEST(RenderTable, PaintsTextWithoutMovingIt) {
  EXPECT_EQ(render_table({{"A"}, {"B"}}, {{{"bad", Paint::bad}, {"y"}}}, true),
            "\x1b[1mA\x1b[0m    \x1b[1mB\x1b[0m\n\x1b[1;31mbad\x1b[0m  y\n");
}

TEST(Words, TellTimesAndSizesAsPeopleDo) {
  EXPECT_EQ(duration_text(40ms), "0.0 s");
  EXPECT_EQ(duration_text(59949ms), "59.9 s");
  EXPECT_EQ(duration_text(127s), "2:07");
  EXPECT_EQ(duration_text(3727s), "1:02:07");
  EXPECT_EQ(size_text(999), "1.0 kB");
  EXPECT_EQ(size_text(8'400'000), "8.4 MB");
  EXPECT_EQ(size_text(12'345'000'000), "12.3 GB");
}

}  // namespace
}  // namespace kmpack
