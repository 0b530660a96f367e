#include "sys/data.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kmpack {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ExecutablePath, IsThisTest) { EXPECT_EQ(executable_path().filename(), "test_unit_sys"); }

TEST(DataDirectories, AreThoseOfTheSourceTreeBeforeInstallation) {
  EXPECT_THAT(data_directories("templates"), ElementsAre(std::filesystem::path(KMPACK_SOURCE_DIR) / "templates"));
  EXPECT_THAT(data_directories("flavors"), ElementsAre(std::filesystem::path(KMPACK_SOURCE_DIR) / "flavors"));
}

TEST(DataDirectories, LeaveOutWhatIsNotThere) { EXPECT_THAT(data_directories("no-such-kind"), IsEmpty()); }

}  // namespace
}  // namespace kmpack
