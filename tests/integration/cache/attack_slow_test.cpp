#include "integration/cache/attack.hpp"

namespace kmpack {
namespace {

TEST(CacheUnderAttackForLong, IsRightWhenEightRunsRace) { test::race(200); }
TEST(CacheUnderAttackForLong, IsRightAfterRunsWereKilled) { test::kill_runs(150); }
TEST(CacheUnderAttackForLong, IsRightWhenItsFilesAreDamaged) { test::corrupt(150); }

}  // namespace
}  // namespace kmpack
