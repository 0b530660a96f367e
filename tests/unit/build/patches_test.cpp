#include "build/patches.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kmpack/diagnostic.hpp"
#include "support/fake_runner.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

std::string diff_of(const std::string& name) {
  return "--- a/" + name + "\n+++ b/" + name + "\n@@ -1,2 +1,2 @@\n first\n-old\n+new\n";
}

std::string escaping_name(std::string_view patch, int strip) { return scan_patch(patch, strip).escaping_name; }

TEST(EscapingName, IsEmptyForPatchesThatStayInside) {
  EXPECT_EQ(escaping_name(diff_of("dir/file.c"), 1), "");
  EXPECT_EQ(escaping_name("--- /dev/null\n+++ b/new.c\n@@ -0,0 +1 @@\n+x\n", 1), "");
  EXPECT_EQ(escaping_name("--- /old/place/x.c\t2020-01-01\n+++ /new/place/x.c\n@@ -1 +1 @@\n-a\n+b\n", 2), "");
}

TEST(EscapingName, NamesTheFileThatLiesOutside) {
  EXPECT_EQ(escaping_name(diff_of("../../etc/passwd"), 1), "a/../../etc/passwd");
  EXPECT_EQ(escaping_name("--- ../x\n+++ ../x\n", 0), "../x");
  EXPECT_EQ(escaping_name("--- /etc/passwd\n+++ /etc/passwd\n", 0), "/etc/passwd");
  EXPECT_EQ(escaping_name("--- a//etc/x\n+++ a//etc/x\n", 0), "");
  EXPECT_EQ(escaping_name("diff --git a/x b/../y\nrename from x\nrename to ../y\n", 1), "../y");
  EXPECT_EQ(escaping_name("--- \"a/../x y\"\n+++ \"b/x y\"\n", 1), "a/../x y");
  EXPECT_EQ(escaping_name("Index: ../x\n", 0), "../x");
}

TEST(EscapingName, DoesNotTakeTheLinesOfAHunkForNames) {
  EXPECT_EQ(escaping_name("--- a/x.sql\n+++ b/x.sql\n@@ -1,2 +1,2 @@\n first\n--- ../old comment\n+++ ../new comment\n", 1), "");
  // The hunk is over after the lines it announced.
  EXPECT_EQ(escaping_name(diff_of("x.c") + "--- ../evil\n+++ ../evil\n", 0), "../evil");
}

TEST(ScanPatch, FindsCommandsOfEdScripts) {
  EXPECT_EQ(scan_patch(diff_of("x.c"), 1).command_line, 0U);
  EXPECT_EQ(scan_patch("From: someone\n\nFixes 3 bugs, and a 4d one\n" + diff_of("x.c"), 1).command_line, 0U);
  EXPECT_EQ(scan_patch("text\n1c\n!touch x\n.\n", 1).command_line, 2U);
  for (const char* command : {"12a", "3,4d", " \t7c", "X9a", "5c5,6", "1a \r"}) {
    EXPECT_EQ(scan_patch(diff_of("x.c") + command + "\n", 1).command_line, 7U) << command;
  }
}

TEST(ScanPatch, LooksIntoAHunkThatPatchWouldNotTakeForOne) {
  // No `+++` before it: patch skips the line as free text and finds the script below.
  EXPECT_EQ(scan_patch("@@ -1,9 +1,9 @@\n 1c\n evil\n .\n", 1).command_line, 2U);
  EXPECT_EQ(scan_patch("@@ -1,9 +1,9 @@\n--- ../evil\n", 0).escaping_name, "../evil");
}

TEST(DescribePatchFailure, NamesHunkFileAndLine) {
  EXPECT_EQ(describe_patch_failure("patching file a.c\npatching file hello.c\nHunk #2 FAILED at 14.\n1 out of 2 hunks FAILED\n"),
            "hunk 2 of hello.c fails at line 14");
  EXPECT_EQ(describe_patch_failure("patching file hello.c\nReversed (or previously applied) patch detected!  Skipping patch.\n"),
            "hello.c has that change already");
  EXPECT_EQ(describe_patch_failure("can't find file to patch at input line 3\n"), "the file it changes is not in the source");
  EXPECT_EQ(describe_patch_failure("patch: **** Only garbage was found in the patch input.\n"), "it is not a unified diff");
  EXPECT_EQ(describe_patch_failure("patch: **** malformed patch at line 6: x\n"), "malformed patch at line 6: x");
  EXPECT_EQ(describe_patch_failure(""), "patch gave no reason");
}

class ApplyPatches : public testing::Test {
 protected:
  void add(const std::string& name, KernelRange range = {}) {
    write_file(temp_.path() / name, diff_of("hello.c"));
    manifest_.patches.push_back(
        {.file = temp_.path() / name, .strip = 1, .when = {.range = std::move(range)}, .where = {"kmpack.xml", 9, 0}});
  }
  std::string refused() {
    try {
      apply_patches(manifest_, KernelRelease{"6.1.0-9-amd64"}, temp_.path(), temp_.path() / "log", runner_, {});
    } catch (const Error& error) {
      return to_text(error.diagnostic());
    }
    return "";
  }

  TempDir temp_;
  Manifest manifest_;
  Completed answer_ = test::FakeRunner::succeeded();
  test::FakeRunner runner_{[this](const Command&) { return answer_; }};
};

TEST_F(ApplyPatches, RunsPatchInTheManifestsOrderForTheKernelsMeant) {
  add("one.patch");
  add("newer.patch", {.min = "6.2", .max = {}});
  add("two.patch", {.min = {}, .max = "6.1"});
  EXPECT_EQ(refused(), "");
  ASSERT_EQ(runner_.commands().size(), 2U);
  EXPECT_EQ(runner_.commands()[0].args.back(), "--input=" + (temp_.path() / "one.patch").string());
  EXPECT_EQ(runner_.commands()[1].args.back(), "--input=" + (temp_.path() / "two.patch").string());
}

TEST_F(ApplyPatches, AllowsNoFuzzUnlessThePatchHasIt) {
  add("one.patch");
  manifest_.patches.push_back(manifest_.patches.front());
  manifest_.patches.back().fuzz = 2;
  EXPECT_EQ(refused(), "");
  EXPECT_THAT(runner_.commands().at(0).args, testing::Contains("--fuzz=0"));
  EXPECT_THAT(runner_.commands().at(1).args, testing::Contains("--fuzz=2"));
}

TEST_F(ApplyPatches, WarnsOfEveryHunkThatOnlyFitsWithFuzz) {
  answer_.tail =
      "patching file a.c\nHunk #1 succeeded at 3 with fuzz 2 (offset 1 line).\nHunk #2 succeeded at 9 (offset 1 line).\n"
      "patching file b.c\nHunk #4 succeeded at 12 with fuzz 1.\n";
  add("one.patch");
  const auto warnings = apply_patches(manifest_, KernelRelease{"6.1.0-9-amd64"}, temp_.path(), temp_.path() / "log", runner_, {});
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(to_text(warnings[0]),
            "kmpack.xml:9: warning: patch " + (temp_.path() / "one.patch").string() +
                " was made for other lines: hunk 1 of a.c, with fuzz 2; hunk 4 of b.c, with fuzz 1 [patch-fuzzy]\n"
                "  hint: renew the patch: a change may have been put where it does not belong");
}

TEST_F(ApplyPatches, SpeaksOfPatchMatchWhereADkmsConfNamesThePatch) {
  answer_ = test::FakeRunner::ended(1, "patching file hello.c\nHunk #1 FAILED at 3.\n");
  add("one.patch");
  manifest_.dkms = DkmsOrigin{.conf = "dkms.conf", .name = "a", .version = "1", .semantics = {}, .overrides = {}};
  EXPECT_THAT(refused(), testing::HasSubstr("limit it to the kernels it is for with PATCH_MATCH of its index"));
}

TEST_F(ApplyPatches, RunsNothingForAPatchThatEscapes) {
  const auto file = temp_.path() / "evil.patch";
  write_file(file, diff_of("../../evil"));
  manifest_.patches.push_back({.file = file, .strip = 1, .when = {}, .where = {"kmpack.xml", 9, 0}});
  EXPECT_EQ(refused(), "kmpack.xml:9: error: patch " + file.string() +
                           " changes 'a/../../evil', outside of the source [patch-escapes]\n"
                           "  hint: write the patch relative to the source root, or correct strip");
  EXPECT_TRUE(runner_.commands().empty());
}

TEST_F(ApplyPatches, SaysWhichPatchAndHunkFails) {
  answer_ = test::FakeRunner::ended(1, "patching file hello.c\nHunk #1 FAILED at 3.\n");
  add("one.patch");
  EXPECT_EQ(refused(), "kmpack.xml:9: error: patch " + (temp_.path() / "one.patch").string() +
                           " does not apply: hunk 1 of hello.c fails at line 3 [patch-failed]\n"
                           "  note: log: " +
                           (temp_.path() / "log").string() +
                           "\n"
                           "  hint: renew the patch, or limit it to the kernels it is for with min and max");
}

}  // namespace
}  // namespace kmpack
