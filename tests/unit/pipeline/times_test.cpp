#include "pipeline/times.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sys/files.hpp"

namespace kmpack {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

Cell cell(const std::string& name, const std::string& release, std::size_t modules = 1) {
  auto manifest = std::make_shared<Manifest>();
  manifest->name = PackageName{name};
  manifest->modules.resize(modules);
  auto kernel = std::make_shared<Kernel>();
  kernel->flavor = {"debian-12", "amd64", "amd64"};
  kernel->release = KernelRelease{release};
  return {.manifest = std::move(manifest), .kernel = std::move(kernel)};
}

Outcome built(const Cell& cell, std::chrono::milliseconds took) { return {.cell = cell, .status = Status::built, .build = took}; }

TEST(CellTimes, AreThoseOfTheCellElseOfThePackageElseAGuessByModules) {
  const TempDir workspace;
  {
    CellTimes times = CellTimes::read(workspace.path());
    times.learn(
        std::vector<Outcome>{built(cell("big", "6.1"), 9s), built(cell("big", "6.6"), 5s), built(cell("small", "6.1"), 1s)});
    times.write(workspace.path());
  }
  const std::vector<Cell> cells{cell("big", "6.1"), cell("big", "6.12"), cell("small", "6.12"), cell("new", "6.1", 3)};
  EXPECT_THAT(CellTimes::read(workspace.path()).expected(cells), ElementsAre(9s, 7s, 1s, 3s));
}

TEST(CellTimes, KeepThoseOfOtherRunsAndOfCellsThatWereNotBuilt) {
  const TempDir workspace;
  CellTimes first;
  first.learn(std::vector<Outcome>{built(cell("a", "6.1"), 2s)});
  first.write(workspace.path());
  CellTimes second = CellTimes::read(workspace.path());
  second.learn(std::vector<Outcome>{built(cell("b", "6.1"), 4s), built(cell("a", "6.1"), 0s)});
  second.write(workspace.path());
  EXPECT_THAT(CellTimes::read(workspace.path()).expected(std::vector<Cell>{cell("a", "6.1"), cell("b", "6.1")}),
              ElementsAre(2s, 4s));
}

TEST(CellTimes, AreAGuessWhereTheFileIsDamaged) {
  const std::vector<Cell> cells{cell("a", "6.1", 2)};
  for (const char* text : {"", "{", "[]", "{\"schema\": 2}", "{\"schema\": 1}", "{\"schema\": 1, \"packages\": {\"a\": 3}}",
                           "{\"schema\": 1, \"packages\": {\"a\": {\"debian-12/amd64@6.1\": \"x\"}}}"}) {
    const TempDir workspace;
    write_file(workspace.path() / "times.json", text);
    EXPECT_THAT(CellTimes::read(workspace.path()).expected(cells), ElementsAre(2s)) << text;
  }
}

TEST(CellTimes, CostNoRunWhereTheyCannotBeWritten) {
  const TempDir workspace;
  write_file(workspace.path() / "file", "");
  CellTimes times;
  times.learn(std::vector<Outcome>{built(cell("a", "6.1"), 2s)});
  times.write(workspace.path() / "file");
  EXPECT_EQ(read_file(workspace.path() / "file"), "");
}

}  // namespace
}  // namespace kmpack
