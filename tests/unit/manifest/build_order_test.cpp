#include "manifest/build_order.hpp"

#include <gtest/gtest.h>

#include <string>

#include "manifest/graph.hpp"
#include "manifest/reader.hpp"

namespace kmpack {
namespace {

ModuleSpec module(const std::string& name, const std::string& directory, const std::vector<std::string>& uses = {}) {
  ModuleSpec spec{.name = ModuleName(name), .directory = directory, .uses = {}, .where = {}};
  for (const std::string& used : uses) spec.uses.emplace_back(used);
  return spec;
}

std::string order_of(std::vector<ModuleSpec> modules) {
  Manifest manifest;
  manifest.modules = std::move(modules);
  std::string text;
  for (const BuildStep& step : build_order(manifest)) {
    text += step.directory.string() + ":";
    for (const ModuleName& name : step.modules) text += " " + name.str();
    text += "; ";
  }
  return text;
}

TEST(BuildOrder, KeepsTheOrderOfTheManifestWhereNothingIsUsed) {
  EXPECT_EQ(order_of({module("z", "dz"), module("a", "da"), module("m", "dm")}), "dz: z; da: a; dm: m; ");
}

TEST(BuildOrder, BuildsWhatIsUsedFirst) {
  EXPECT_EQ(order_of({module("client", "client", {"core"}), module("core", "core")}), "core: core; client: client; ");
}

TEST(BuildOrder, MovesOnlyWhatHasToMove) {
  EXPECT_EQ(order_of({module("a", "a"), module("b", "b", {"d"}), module("c", "c"), module("d", "d")}),
            "a: a; c: c; d: d; b: b; ");
}

TEST(BuildOrder, BuildsTheModulesOfADirectoryTogether) {
  EXPECT_EQ(order_of({module("a", "x"), module("b", "y"), module("c", "x", {"a"})}), "x: a c; y: b; ");
}

TEST(BuildOrder, OrdersAChainOfTwentyThousandDirectoriesAtOnce) {
  std::vector<ModuleSpec> modules;
  for (int i = 0; i < 20'000; ++i) {
    modules.push_back(module("m" + std::to_string(i), "d" + std::to_string(i), {"m" + std::to_string(i + 1)}));
  }
  modules.push_back(module("m20000", "last"));
  Manifest manifest;
  manifest.modules = std::move(modules);
  const auto steps = build_order(manifest);
  ASSERT_EQ(steps.size(), 20'001U);
  EXPECT_EQ(steps.front().directory, "last");
  EXPECT_EQ(steps.back().directory, "d0");
}

TEST(Ordered, NamesTheNodesOfACircleAndOnlyThose) {
  // 0 needs 1; 1, 2 and 3 need each other in turn; 4 needs nothing.
  const Ordering ordering = ordered({{1}, {2}, {3}, {1}, {}});
  EXPECT_EQ(ordering.order, (std::vector<std::size_t>{4}));
  EXPECT_EQ(ordering.cycle, (std::vector<std::size_t>{1, 2, 3}));
}

TEST(Ordered, TakesAModuleThatUsesItselfAsACircle) { EXPECT_EQ(ordered({{0}}).cycle, (std::vector<std::size_t>{0})); }

}  // namespace
}  // namespace kmpack
