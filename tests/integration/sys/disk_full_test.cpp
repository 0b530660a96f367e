#include <gtest/gtest.h>

#include <cstdlib>

#include "sys/files.hpp"
#include "sys/process.hpp"

namespace kmpack {
namespace {

TEST(WriteFile, ReportsAFullDiskKeepsTheOldFileAndLeavesNothingBeside) {
  const TempDir place;
  // A file system of one megabyte, seen by this child alone.
  const std::string script = "mount -t tmpfs -o size=1m none \"$1\" && exec \"$2\" fill \"$1\"";
  Command command{.program = "unshare",
                  .args = {"-rm", "/bin/sh", "-c", script, "sh", place.path().string(), SYS_TEST_CHILD},
                  .environment = scrubbed_environment(0),
                  .separate_errors = true};
  const Completed completed = ProcessRunner().run(command, {});
  if (!completed.ok() && std::getenv("CI") == nullptr) GTEST_SKIP() << "no user namespaces here: " << completed.errors;
  ASSERT_TRUE(completed.ok()) << completed.how() << completed.errors;
  EXPECT_EQ(completed.tail, "disk-full\nold\n1\n");
}

}  // namespace
}  // namespace kmpack
