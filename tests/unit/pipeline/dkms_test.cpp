#include "pipeline/dkms.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace kmpack {
namespace {

Cell cell_for(const std::string& series, const std::string& release, Verdict verdict) {
  const auto manifest = std::make_shared<Manifest>();
  manifest->name = PackageName("drv");
  const auto kernel = std::make_shared<Kernel>();
  kernel->flavor = {.distribution = "debian-12", .flavor = "amd64", .arch = "amd64"};
  kernel->series = series;
  kernel->release = KernelRelease(release);
  return {.manifest = manifest, .kernel = kernel, .verdict = verdict, .reason = "no module", .newest_of_series = false};
}

Diagnostic mistake() { return {.code = "file-missing", .message = "the patch is not there"}; }

TEST(KeepUnread, BuildsWhatCouldNotBeReadAndLeavesTheRest) {
  std::vector<Cell> cells = {cell_for("6.1", "6.1.0-1", Verdict::excluded), cell_for("6.1", "6.1.0-2", Verdict::excluded),
                             cell_for("6.12", "6.12.1", Verdict::excluded)};
  DkmsUnread unread;
  unread.failed[{PackageName("drv"), cells[0].kernel.get()}] = {mistake()};
  unread.later.insert({PackageName("drv"), cells[1].kernel.get()});
  keep_unread(cells, unread);
  EXPECT_EQ(cells[0].verdict, Verdict::build);
  EXPECT_EQ(cells[0].reason, "");
  EXPECT_EQ(cells[1].verdict, Verdict::build);
  EXPECT_EQ(cells[1].reason, "its dkms.conf is read when the headers are there");
  EXPECT_EQ(cells[2].verdict, Verdict::excluded);
}

TEST(KeepUnread, LeavesTheMetaPackageToTheNewestKernelAlthoughItFails) {
  std::vector<Cell> cells = {cell_for("6.1", "6.1.0-1", Verdict::build), cell_for("6.1", "6.1.0-2", Verdict::excluded),
                             cell_for("6.12", "6.12.1", Verdict::build)};
  cells[0].newest_of_series = cells[2].newest_of_series = true;
  DkmsUnread unread;
  unread.failed[{PackageName("drv"), cells[1].kernel.get()}] = {mistake()};
  keep_unread(cells, unread);
  EXPECT_FALSE(cells[0].newest_of_series);
  EXPECT_TRUE(cells[1].newest_of_series);
  EXPECT_TRUE(cells[2].newest_of_series);
}

TEST(UnreadOutcome, FailsTheCellOfThatKernelAlone) {
  const Cell bad = cell_for("6.1", "6.1.0-1", Verdict::build);
  const Cell good = cell_for("6.1", "6.1.0-2", Verdict::build);
  DkmsUnread unread;
  unread.failed[{PackageName("drv"), bad.kernel.get()}] = {mistake()};
  EXPECT_FALSE(unread_outcome(good, unread).has_value());
  const auto outcome = unread_outcome(bad, unread);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->status, Status::failed);
  EXPECT_EQ(outcome->reason, "the patch is not there");
  EXPECT_EQ(outcome->failure->kind, FailureClass::other);
}

}  // namespace
}  // namespace kmpack
