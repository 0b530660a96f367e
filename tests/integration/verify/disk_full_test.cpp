#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "integration/verify/trial.hpp"
#include "kmpack/architecture.hpp"
#include "verify/boot.hpp"
#include "verify/install.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;

/// Runs one of the disabled tests below in a process whose temporary directory is a file system of 6 MB.
Completed on_a_small_disk(const std::string& test) {
  const TempDir place;
  const std::string script =
      "mount -t tmpfs -o size=6m none \"$1\" && TMPDIR=$1 exec \"$2\" --gtest_also_run_disabled_tests --gtest_filter=\"$3\"";
  Command command{
      .program = "unshare",
      .args = {"-rm", "/bin/sh", "-c", script, "sh", place.path().string(), fs::read_symlink("/proc/self/exe").string(), test},
      .environment = scrubbed_environment(0)};
  // The kernel's files are read from outside of it.
  command.environment["KMPACK_TEST_CACHE"] = fs::absolute(test::cache_directory()).string();
  return ProcessRunner().run(command, {});
}

void expect_on_a_small_disk(const std::string& test) {
  if (!ProcessRunner()
           .run(Command{.program = "unshare", .args = {"-rm", "true"}, .environment = scrubbed_environment(0)}, {})
           .ok() &&
      !test::in_ci()) {
    GTEST_SKIP() << "no user namespaces here";
  }
  ASSERT_TRUE(test::newest_kernel("cloud-amd64", "6.1"));  // fetched before
  const Completed done = on_a_small_disk(test);
  EXPECT_TRUE(done.ok()) << done.how() << done.tail;
  EXPECT_THAT(done.tail, testing::HasSubstr("1 test from"));
}

TEST(FullDisk, EndsAnInstallationWithItsOwnCodeAndLeavesNothing) { expect_on_a_small_disk("SmallDisk.DISABLED_Install"); }
TEST(FullDisk, EndsABootWithItsOwnCodeAndLeavesNothing) { expect_on_a_small_disk("SmallDisk.DISABLED_Boot"); }

/// The package itself is small.
fs::path small_package(const test::GuestKernel& kernel) {
  const fs::path package = fs::temp_directory_path() / "trial.deb";
  test::module_package(kernel, {{"dummy", test::in_tree_module(kernel, "dummy")}}).write(package);
  return package;
}

void expect_nothing_beside(const fs::path& package) {
  for (const auto& entry : fs::directory_iterator{package.parent_path()}) EXPECT_EQ(entry.path(), package);
}

TEST(SmallDisk, DISABLED_Install) {
  const auto kernel = test::newest_kernel("cloud-amd64", "6.1");
  ASSERT_TRUE(kernel);
  const fs::path package = small_package(*kernel);
  ProcessRunner runner;
  try {
    static_cast<void>(verify_installation(std::vector{package}, kernel->release, kernel->image, {}, runner, {}));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostic().code, "disk-full") << error.what();
  }
  expect_nothing_beside(package);
}

TEST(SmallDisk, DISABLED_Boot) {
  const auto kernel = test::newest_kernel("cloud-amd64", "6.1");
  ASSERT_TRUE(kernel);
  const fs::path package = small_package(*kernel);
  ProcessRunner runner;
  try {
    static_cast<void>(
        verify_boot(kernel->release, *find_architecture("amd64"), kernel->image, std::vector{package}, {}, runner, {}));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostic().code, "disk-full") << error.what();
  }
  expect_nothing_beside(package);
}

}  // namespace
}  // namespace kmpack
