#include "cli/json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "cli/verify_text.hpp"
#include "support/golden.hpp"
#include "unit/cli/sample_report.hpp"

namespace kmpack {
namespace {

using namespace test;

/// What is written piece by piece, put together.
template <class Record>
std::string whole_json(const Record& record) {
  std::string text;
  write_json(record, [&](std::string_view piece) { text += piece; });
  return text;
}

TEST(WriteJson, OfABuildIsTheRecordOfTheDesign) { expect_golden("cli/build.json", whole_json(sample_report())); }

TEST(WriteJson, OfAPlanTellsVerdicts) { expect_golden("cli/plan.json", whole_json(sample_plan())); }

TEST(WriteJson, IsJsonWithoutCells) {
  const std::string_view start = "{\n  \"schema\": 1,\n  \"cells\": [],\n  \"totals\": {\n    \"cells\": 0,\n";
  EXPECT_EQ(whole_json(Report{}).substr(0, start.size()), start);
  EXPECT_EQ(whole_json(Plan{}).substr(0, start.size()), start);
}

TEST(WriteJson, OfAPlanNamesModulesAndQuotesWhatMustBe) {
  Plan plan = sample_plan();
  Manifest manifest = *plan.cells[0].manifest;
  manifest.modules = {{.name = ModuleName{"hello_core"}, .directory = "."}, {.name = ModuleName{"hello_usb"}, .directory = "."}};
  plan.cells = {plan.cells[0]};
  plan.cells[0].manifest = std::make_shared<const Manifest>(manifest);
  plan.cells[0].reason = "a \"b\\\n\xff";
  plan.failed.clear();
  const std::string text = whole_json(plan);
  EXPECT_NE(text.find("      \"modules\": [\n        \"hello_core\",\n        \"hello_usb\"\n      ],\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find(R"("reason": "a \"b\\\n)"
                      "\uFFFD\",\n"),
            std::string::npos)
      << text;
}

TEST(WriteJson, NeverHoldsAWholePlan) {
  constexpr std::size_t kCells = 20000;
  Plan plan;
  plan.cells.assign(kCells, sample_plan().cells[0]);
  std::size_t all = 0;
  std::size_t longest = 0;
  write_json(plan, [&](std::string_view piece) {
    all += piece.size();
    longest = std::max(longest, piece.size());
  });
  EXPECT_GT(all, 10 * longest);
}

TEST(ToJson, OfARejectedRunHoldsItsErrorsAndNoCells) {
  Report report;
  report.problems.report({.code = "flavor-unknown",
                          .message = "unknown flavor 'a/b'",
                          .where = SourceSpan{"kmpack.xml", 14, 2},
                          .notes = {"one"},
                          .hint = "did you mean 'a/c'?"});
  const std::string expected = R"({
  "schema": 1,
  "errors": [
    {
      "severity": "error",
      "code": "flavor-unknown",
      "message": "unknown flavor 'a/b'",
      "file": "kmpack.xml",
      "line": 14,
      "notes": [
        "one"
      ],
      "hint": "did you mean 'a/c'?"
    }
  ]
}
)";
  EXPECT_EQ(whole_json(report), expected);
  Plan plan;
  plan.problems = report.problems;
  EXPECT_EQ(whole_json(plan), expected);
  EXPECT_EQ(to_json(report.problems), expected);
}

TEST(ToJson, WritesNullForNothing) {
  Diagnostics problems;
  problems.report({.severity = Severity::warning, .code = "x", .message = "m"});
  const std::string text = to_json(problems);
  EXPECT_NE(text.find("\"file\": null"), std::string::npos);
  EXPECT_NE(text.find("\"line\": null"), std::string::npos);
  EXPECT_NE(text.find("\"hint\": null"), std::string::npos);
  EXPECT_NE(text.find("\"severity\": \"warning\""), std::string::npos);
}

TEST(ToJson, StaysJsonWithNamesThatAreNotUtf8) {
  Report report = sample_report();
  report.cells[0].log = std::string{"bad\xff name\n"};
  const std::string text = whole_json(report);
  EXPECT_NE(text.find("bad\uFFFD name\\n"), std::string::npos);
}

TEST(ToJson, OfKernelsAndFilesAndChecksIsAsReviewed) {
  Diagnostics none;
  ListedKernel known{.kernel = *built_outcome().cell.kernel, .compiler = "gcc-12", .tree = "store/tree", .problem = {}};
  known.kernel.series = "6.1";
  known.kernel.packages = {{.role = ArchiveRole::headers,
                            .name = "linux-headers",
                            .version = "6.1.20-2",
                            .arch = "amd64",
                            .url = "file:/x.deb",
                            .sha256 = std::string(64, 'c'),
                            .size = 12}};
  ModuleFacts facts;
  facts.name = ModuleName{"hello"};
  facts.vermagic = "6.1.0-7-amd64 SMP ";
  facts.needed = {{"printk", 0x92997ed8, false}};
  facts.exported = {{"answer", std::nullopt, "", true}};
  facts.signature = SignatureFacts{"Example", "AB:CD", "sha256"};
  DebPackage deb;
  deb.control.fields = {{"Package", "hello"}};
  deb.files = {
      {.path = "/a", .type = {}, .size = 1, .mode = 0644, .mtime = 0, .link = {}, .owner = {}, .group = {}, .sha256 = "dd"}};
  RpmHeader rpm;
  rpm.name = "kmod-hello";
  rpm.requires_ = {{"kmod", "", ""}};
  const std::vector<Inspected> things{{.file = "h.ko", .module = &facts, .deb = nullptr, .rpm = nullptr},
                                      {.file = "h.deb", .module = nullptr, .deb = &deb, .rpm = nullptr},
                                      {.file = "h.rpm", .module = nullptr, .deb = nullptr, .rpm = &rpm}};
  const std::vector<ListedKernel> kernels{known};
  expect_golden("cli/others.json", to_json(kernels, none) + to_json(things, none) + init_to_json("kmpack.xml", none));
}

std::vector<VerifiedKernel> one_good_one_bad() {
  VerifyReport good;
  good.packages = {"a.deb", "common.deb"};
  good.release = KernelRelease{"6.1.0-7-amd64"};
  good.pass("name", "as it should be");
  VerifyReport bad = good;
  bad.packages = {"b.deb"};
  bad.fail("signature", {.code = "module-unsigned", .message = "hello.ko is not signed"});
  BootReport boot;
  boot.report = good;
  boot.modules = {{ModuleName{"hello"}, LoadResult::loaded, "", {"hello: hi"}}};
  boot.log = "boot.log";
  return {{"debian-12/amd64@6.1.0-7-amd64", {good}, boot}, {"", {bad}, std::nullopt}};
}

TEST(ToJson, OfVerificationSaysWhetherAllIsWell) {
  auto verified = one_good_one_bad();
  expect_golden("cli/verify.json", to_json(verified));
}

TEST(ToJson, OfVerificationIsOkOnlyWhenEveryReportIs) {
  auto verified = one_good_one_bad();
  EXPECT_NE(to_json(verified).find("\"ok\": false,\n  \"kernels\""), std::string::npos);
  verified.pop_back();
  EXPECT_NE(to_json(verified).find("\"ok\": true,\n  \"kernels\""), std::string::npos);
  verified[0].boot->report.fail("load", {.code = "boot-module-failed", .message = "hello"});
  EXPECT_NE(to_json(verified).find("\"ok\": false,\n  \"kernels\""), std::string::npos);
}

TEST(VerifyTable, HasOneRowForEachReportWithTheFirstFailure) {
  const auto verified = one_good_one_bad();
  EXPECT_EQ(verify_table(verified, false),
            "KERNEL                         WHAT                RESULT  CHECKS  FIRST FAILURE\n"
            "debian-12/amd64@6.1.0-7-amd64  a.deb and 1 more    ok         1/1\n"
            "debian-12/amd64@6.1.0-7-amd64  boot: hello loaded  ok         1/1\n"
            "-                              b.deb               failed     1/2  signature\n");
  EXPECT_EQ(verify_closing(verified), "1 of 3 failed\nguest's messages: boot.log");
  EXPECT_EQ(problems_of(verified[1]).size(), 1U);
}

TEST(ToJson, OfDoctorTellsWhatIsMissing) {
  const DoctorReport report{{{.name = "make",
                              .finding = Finding::missing,
                              .detail = "not installed",
                              .needed_by = "build",
                              .package = "make",
                              .essential = true}}};
  EXPECT_EQ(to_json(report), R"({
  "schema": 1,
  "can_build": false,
  "checks": [
    {
      "name": "make",
      "finding": "missing",
      "essential": true,
      "detail": "not installed",
      "needed_by": "build",
      "package": "make"
    }
  ],
  "packages": [
    "make"
  ]
}
)");
}

}  // namespace
}  // namespace kmpack
