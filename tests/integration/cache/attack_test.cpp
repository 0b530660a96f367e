#include "integration/cache/attack.hpp"

namespace kmpack {
namespace {

using test::Told;

TEST(CacheUnderAttack, IsRightWhenEightRunsRace) { test::race(15); }
TEST(CacheUnderAttack, IsRightAfterRunsWereKilled) { test::kill_runs(12); }
TEST(CacheUnderAttack, IsRightWhenItsFilesAreDamaged) { test::corrupt(12); }

TEST(CacheUnderAttack, CostsNoRunWhenItsDiskIsFull) {
  ProcessRunner runner;
  const auto in_namespace = [&](const std::vector<std::string>& args) {
    Command command{.program = "unshare", .args = {"-rm"}, .environment = scrubbed_environment(0)};
    command.args.insert(command.args.end(), args.begin(), args.end());
    return runner.run(command, {});
  };
  if (!in_namespace({"true"}).ok()) {
    if (std::getenv("CI") != nullptr) FAIL() << "no user namespaces";
    GTEST_SKIP() << "no user namespaces here";
  }
  const TempDir place;
  // From no room at all to room for some.
  for (const char* size : {"4k", "24k", "48k", "80k", "120k"}) {
    const std::string script =
        "mount -t tmpfs -o size=" + std::string(size) +
        " none \"$1\" && \"$2\" \"$1\" 15 0 1000000 0 && df \"$1\" >&2 && find \"$1\" -name '.*' | wc -l | sed 's/^/left /'";
    const Completed run = in_namespace({"/bin/sh", "-c", script, "sh", place.path().string(), CACHE_TEST_CHILD});
    EXPECT_TRUE(run.ok()) << size << run.how() << run.tail;
    const Told told = test::read(run.tail);
    EXPECT_EQ(told.wrong, 0U) << run.tail;
    EXPECT_EQ(told.taken + told.made, 15U) << run.tail;
    EXPECT_THAT(told.warnings, testing::ElementsAre(testing::StartsWith("warning cache-unwritable "))) << size;
    EXPECT_THAT(run.tail, testing::HasSubstr("left 0")) << size;
  }
}

}  // namespace
}  // namespace kmpack
