#include "pipeline/workspace.hpp"

#include <gtest/gtest.h>

#include <string>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "unit/pipeline/some_cell.hpp"

namespace kmpack {
namespace {

using test::some_cell;

TEST(Workspace, RefusesASecondRunAndNamesTheFirst) {
  const TempDir dir;
  const Workspace first(dir.path() / "w");
  try {
    const Workspace second(dir.path() / "w");
    FAIL() << "two runs in one workspace";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostic().code, "workspace-in-use");
    EXPECT_NE(error.diagnostic().message.find("pid " + std::to_string(::getpid())), std::string::npos) << error.what();
  }
}

TEST(Workspace, IsFreeAgainWhenTheRunIsOver) {
  const TempDir dir;
  { const Workspace first(dir.path() / "w"); }
  EXPECT_NO_THROW(Workspace(dir.path() / "w"));
}

TEST(Workspace, RemovesWhatAKilledRunLeftInACellAndKeepsFinishedThings) {
  const TempDir dir;
  const Workspace workspace(dir.path() / "w");
  const std::filesystem::path home = workspace.cell(some_cell());
  make_directories(home / "work-1-1/source");
  write_file(home / "work-1-1/source/a.o", "half");
  write_file(home / "record.json", "{}");
  const std::filesystem::path work = workspace.fresh_work(some_cell());
  EXPECT_FALSE(std::filesystem::exists(home / "work-1-1"));
  EXPECT_TRUE(std::filesystem::exists(home / "record.json"));
  EXPECT_TRUE(std::filesystem::is_empty(work));
}

}  // namespace
}  // namespace kmpack
