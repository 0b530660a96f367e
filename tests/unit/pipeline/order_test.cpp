#include "pipeline/order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "sys/pool.hpp"

namespace kmpack {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

std::shared_ptr<const Manifest> package(const std::string& name, const std::vector<std::string>& needs = {}) {
  auto manifest = std::make_shared<Manifest>();
  manifest->file = name + "/kmpack.xml";
  manifest->name = PackageName{name};
  for (const std::string& need : needs) manifest->build_depends.emplace_back(need);
  return manifest;
}

Cell cell(const std::shared_ptr<const Manifest>& manifest, const std::string& release) {
  auto kernel = std::make_shared<Kernel>();
  kernel->flavor = {"debian-12", "amd64", "amd64"};
  kernel->release = KernelRelease{release};
  return {.manifest = manifest, .kernel = std::move(kernel)};
}

std::string complaints(const std::vector<std::shared_ptr<const Manifest>>& manifests) {
  Diagnostics problems;
  check_dependencies(manifests, problems);
  std::string text;
  for (const Diagnostic& problem : problems.all()) text += to_text(problem) + "\n";
  return text;
}

TEST(CheckDependencies, IsContentWithPackagesOfTheRunInAnyOrder) {
  EXPECT_EQ(complaints({package("a", {"b"}), package("b", {"c"}), package("c"), package("d", {"b", "c"})}), "");
}

TEST(CheckDependencies, NamesEachPackageThatIsNotInTheRun) {
  EXPECT_EQ(complaints({package("a", {"video-coer", "elsewhere"}), package("video-core")}),
            "a/kmpack.xml: error: a needs the package video-coer, which is not in this run [dependency-missing]\n"
            "  hint: did you mean 'video-core'?\n"
            "a/kmpack.xml: error: a needs the package elsewhere, which is not in this run [dependency-missing]\n"
            "  hint: name the manifest or directory of that package on the command line, too\n");
}

TEST(CheckDependencies, ShowsTheWholeCycle) {
  EXPECT_EQ(complaints({package("a", {"b"}), package("b", {"c"}), package("c", {"a"}), package("d", {"a"})}),
            "a/kmpack.xml: error: a needs b needs c needs a: none of them can be built first [dependency-cycle]\n"
            "  hint: make one package of modules that need each other\n");
  EXPECT_EQ(complaints({package("a", {"a"})}),
            "a/kmpack.xml: error: a needs a: none of them can be built first [dependency-cycle]\n"
            "  hint: make one package of modules that need each other\n");
}

/// Two packages on two kernels, `user` before what it needs, as their names sort.
struct TwoPackages {
  std::vector<Cell> cells{cell(package("a-user", {"lib"}), "6.1"), cell(package("a-user", {"lib"}), "6.12"),
                          cell(package("lib"), "6.1"), cell(package("lib"), "6.12"), cell(package("other"), "6.1")};
  CellNeeds needs = needs_of(cells);

  [[nodiscard]] std::optional<Diagnostic> unmet(Status status, const std::string& reason = "") const {
    return unmet_need(cells[0], needs[0], [&](std::size_t other) -> Fate {
      return {other == 2 ? status : Status::cancelled, reason};
    });
  }
};

TEST(NeedsOf, AreTheOtherPackagesCellsOfTheSameKernel) {
  const TwoPackages run;
  ASSERT_THAT(run.needs, SizeIs(5));
  ASSERT_THAT(run.needs[0], SizeIs(1));
  EXPECT_EQ(run.needs[0][0].cell, 2U);
  EXPECT_EQ(run.needs[1][0].cell, 3U);
  EXPECT_THAT(run.needs[2], SizeIs(0));
}

TEST(UnmetNeed, SaysWhyTheOtherPackageIsNotThere) {
  const TwoPackages run;
  EXPECT_FALSE(run.unmet(Status::built));
  EXPECT_FALSE(run.unmet(Status::cached));
  EXPECT_FALSE(run.unmet(Status::cancelled)) << "then the cell is cancelled as well";
  EXPECT_EQ(to_text(*run.unmet(Status::failed, "no such header")),
            "a-user/kmpack.xml: error: a-user needs lib, which failed for debian-12/amd64@6.1 [dependency-failed]\n"
            "  note: no such header");
  EXPECT_EQ(to_text(*run.unmet(Status::excluded, "has no such bus")),
            "a-user/kmpack.xml: error: a-user needs lib, which is excluded for debian-12/amd64@6.1: has no such bus "
            "[dependency-excluded]\n"
            "  hint: exclude the kernel for a-user, too");
}

TEST(UnmetNeed, NamesAKernelThatTheOtherPackageIsNotBuiltFor) {
  const std::vector<Cell> cells{cell(package("lib"), "6.1"), cell(package("user", {"lib"}), "6.12")};
  const CellNeeds needs = needs_of(cells);
  ASSERT_FALSE(needs[1][0].cell);
  EXPECT_EQ(to_text(*unmet_need(cells[1], needs[1], [](std::size_t) { return Fate{}; })),
            "user/kmpack.xml: error: user needs lib, which this run does not build for debian-12/amd64@6.12 "
            "[dependency-missing]\n"
            "  hint: name the kernel in the <kernels> of lib, or exclude it for user with a reason");
}

TEST(CellTurns, GivesFirstWhatOthersWaitForAndThenTheOrderOfTheRun) {
  const TwoPackages run;
  CellTurns turns(run.needs);
  std::vector<std::size_t> given;
  while (const auto next = turns.next({})) {
    given.push_back(*next);
    turns.finished(*next);
  }
  EXPECT_THAT(given, ElementsAre(2, 3, 0, 1, 4));
}

std::vector<std::size_t> given_one_by_one(const CellNeeds& needs, const std::vector<std::chrono::milliseconds>& expected) {
  CellTurns turns(needs, expected);
  std::vector<std::size_t> given;
  while (const auto next = turns.next({})) {
    given.push_back(*next);
    turns.finished(*next);
  }
  return given;
}

TEST(CellTurns, GivesLongCellsFirst) {
  using namespace std::chrono_literals;
  EXPECT_THAT(given_one_by_one(CellNeeds(4), {2s, 7s, 2s, 9s}), ElementsAre(3, 1, 0, 2));
}

TEST(CellTurns, CountsWhatWaitsForACell) {
  using namespace std::chrono_literals;
  // 0 and 1 wait for 2 and 3: 2 and what follows take 6 s, 3 and what follows 10 s, 4 alone takes 8 s.
  const TwoPackages run;
  EXPECT_THAT(given_one_by_one(run.needs, {4s, 9s, 2s, 1s, 8s}), ElementsAre(3, 1, 4, 2, 0));
}

TEST(InOrder, HasEachCellOnceAfterWhatItNeeds) {
  const TwoPackages run;
  EXPECT_THAT(in_order(run.needs), ElementsAre(2, 3, 4, 0, 1));
  EXPECT_THAT(in_order(CellNeeds(3)), ElementsAre(0, 1, 2));
}

/// A row: each cell but the last needs the next.
CellNeeds row(std::size_t length) {
  CellNeeds needs(length);
  for (std::size_t i = 0; i + 1 < length; ++i) needs[i].push_back({.package = PackageName{"next"}, .cell = i + 1});
  return needs;
}

TEST(CellTurns, ComeToAnEndWithAnyNumberOfThreads) {
  for (const std::size_t threads : {1U, 2U, 7U}) {
    constexpr std::size_t kCells = 200;
    const CellNeeds needs = row(kCells);
    CellTurns turns(needs);
    std::vector<std::atomic<bool>> done(kCells);
    std::atomic<std::size_t> too_early = 0;
    run_jobs(kCells, threads, {}, [&](std::size_t) {
      const auto cell = turns.next({});
      if (!cell) return;
      if (*cell + 1 < kCells && !done[*cell + 1]) ++too_early;
      done[*cell] = true;
      turns.finished(*cell);
    });
    EXPECT_EQ(too_early, 0U) << threads;
    for (std::size_t i = 0; i < kCells; ++i) EXPECT_TRUE(done[i]) << i << " with " << threads;
  }
}

TEST(CellTurns, WakeWhoWaitsWhenTheRunIsStopped) {
  CellTurns turns(row(2));
  std::stop_source stop;
  ASSERT_EQ(turns.next(stop.get_token()), 1U);
  std::optional<std::size_t> second = 7;
  std::jthread waiting([&] { second = turns.next(stop.get_token()); });
  stop.request_stop();
  waiting.join();
  EXPECT_EQ(second, std::nullopt);
  turns.finished(1);
  EXPECT_EQ(turns.next(stop.get_token()), std::nullopt) << "a stopped run begins nothing";
}

}  // namespace
}  // namespace kmpack
