#include "flavors/condition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flavors/plan.hpp"
#include "support/sample_catalogue.hpp"

namespace kmpack {
namespace {

using testing::ElementsAre;

FlavorPattern pattern(std::string_view text) {
  Diagnostics problems;
  return parse_flavor_pattern(text, {}, problems).value();
}

KernelCondition when(std::vector<std::string> patterns, KernelRange range = {}) {
  KernelCondition condition{.flavors = {}, .range = std::move(range)};
  for (const std::string& text : patterns) condition.flavors.push_back(pattern(text));
  return condition;
}

const auto kOld = test::kernel("amd64", "amd64", "6.1.0-9-amd64");
const auto kNew = test::kernel("amd64", "amd64", "6.12.117+deb12-amd64");
const auto kRealTime = test::kernel("rt-amd64", "amd64", "6.1.0-9-rt-amd64");
const auto kArm = test::kernel("rt-arm64", "arm64", "6.1.0-9-rt-arm64");

ModuleSpec module(const std::string& name, KernelCondition condition = {}, std::vector<std::string> uses = {}) {
  ModuleSpec spec{.name = ModuleName(name), .directory = ".", .when = std::move(condition)};
  for (const std::string& used : uses) spec.uses.emplace_back(used);
  return spec;
}

std::shared_ptr<Manifest> manifest(std::vector<ModuleSpec> modules) {
  auto made = std::make_shared<Manifest>();
  made->file = "/src/kmpack.xml";
  made->name = PackageName("hello");
  made->modules = std::move(modules);
  return made;
}

std::vector<std::string> names_of(const std::vector<ModuleSpec>& modules) {
  std::vector<std::string> names;
  for (const ModuleSpec& of : modules) names.push_back(of.name.str());
  return names;
}

std::vector<std::string> texts(const std::vector<BuildCommand>& commands) {
  std::vector<std::string> all;
  for (const BuildCommand& command : commands) all.push_back(command.text);
  return all;
}

TEST(Applies, ToEveryKernelWhereNothingIsSaid) {
  EXPECT_TRUE(applies({}, *kOld));
  EXPECT_TRUE(applies({}, *kArm));
}

TEST(Applies, WhereOneOfThePatternsNamesTheKernel) {
  const KernelCondition condition = when({"debian-12/rt-*", "debian-13/*"});
  EXPECT_TRUE(applies(condition, *kRealTime));
  EXPECT_FALSE(applies(condition, *kOld));
}

TEST(Applies, ToEveryArchitectureWhereNoneIsNamed) {
  EXPECT_TRUE(applies(when({"debian-12/rt-*"}), *kArm));
  EXPECT_TRUE(applies(when({"*/rt-*.arm64"}), *kArm));
  EXPECT_FALSE(applies(when({"*/rt-*.amd64"}), *kArm));
}

TEST(Applies, ToEveryKernelOfASeriesAndToOneRelease) {
  const auto later = test::kernel("amd64", "amd64", "6.1.0-56-amd64");
  for (const auto& kernel : {kOld, later}) EXPECT_TRUE(applies(when({"debian-12/*@6.1"}), *kernel));
  EXPECT_FALSE(applies(when({"debian-12/*@6.1"}), *kNew));
  EXPECT_TRUE(applies(when({"debian-12/amd64@6.1.0-9-amd64"}), *kOld));
  EXPECT_FALSE(applies(when({"debian-12/amd64@6.1.0-9-amd64"}), *later));
  EXPECT_TRUE(applies(when({"debian-12/*@*"}), *later));
}

TEST(Applies, WithinTheRangeOfWhatThePatternsName) {
  const KernelCondition condition = when({"debian-12/amd64"}, {.min = "6.2", .max = {}});
  EXPECT_TRUE(applies(condition, *kNew));
  EXPECT_FALSE(applies(condition, *kOld));
  EXPECT_FALSE(applies(when({"debian-12/rt-*"}, {.min = "6.2", .max = {}}), *kNew));
}

TEST(ManifestFor, IsTheWholeWhereNothingIsConditional) {
  const std::shared_ptr<const Manifest> whole = manifest({module("hello")});
  EXPECT_EQ(manifest_for(whole, *kOld), whole);
}

TEST(ManifestFor, HasWhatIsForTheKernelAndNoCondition) {
  const auto whole =
      manifest({module("core"), module("old", when({}, {.min = {}, .max = "6.1"})), module("rt", when({"*/rt-*"}))});
  whole->patches = {{.file = "/src/a.patch", .when = when({"*/*@6.12"}), .where = {}},
                    {.file = "/src/b.patch", .when = {}, .where = {}}};
  whole->make.before = {{.text = "prepare", .when = when({"*/*@6.1"}), .where = {}}};
  whole->make.commands = {{.text = "first", .when = {}, .where = {}}, {.text = "second", .when = when({"*/rt-*"}), .where = {}}};
  whole->make.after = {{.text = "tidy", .when = when({"*/amd64"}), .where = {}}};
  const auto old = manifest_for(whole, *kOld);
  EXPECT_THAT(names_of(old->modules), ElementsAre("core", "old"));
  EXPECT_EQ(old->patches.size(), 1U);
  EXPECT_THAT(texts(old->make.before), ElementsAre("prepare"));
  EXPECT_THAT(texts(old->make.commands), ElementsAre("first"));
  EXPECT_THAT(texts(old->make.after), ElementsAre("tidy"));
  const auto real_time = manifest_for(whole, *kRealTime);
  EXPECT_THAT(names_of(real_time->modules), ElementsAre("core", "old", "rt"));
  EXPECT_THAT(texts(real_time->make.commands), ElementsAre("first", "second"));
  EXPECT_THAT(texts(real_time->make.after), ElementsAre());
  for (const ModuleSpec& of : real_time->modules) EXPECT_TRUE(of.when.unconditional()) << of.name.str();
  EXPECT_TRUE(real_time->make.commands.back().when.unconditional());
  const auto recent = manifest_for(whole, *kNew);
  EXPECT_THAT(names_of(recent->modules), ElementsAre("core"));
  EXPECT_EQ(recent->patches.size(), 2U);
  EXPECT_TRUE(recent->patches.front().when.unconditional());
}

TEST(ManifestFor, ForgetsUsesOfModulesThatAreNotThere) {
  const auto whole = manifest({module("base"), module("shim", when({"*/rt-*"})), module("user", {}, {"base", "shim"})});
  EXPECT_THAT(manifest_for(whole, *kOld)->modules.back().uses, ElementsAre(ModuleName("base")));
  EXPECT_THAT(manifest_for(whole, *kRealTime)->modules.back().uses, ElementsAre(ModuleName("base"), ModuleName("shim")));
}

TEST(PlanCells, GiveEachKernelItsManifestAndShareItWhereItIsTheSame) {
  const std::shared_ptr<const Manifest> whole = manifest({module("core"), module("rt", when({"*/rt-*"}))});
  const auto later = test::kernel("amd64", "amd64", "6.1.0-56-amd64");
  Diagnostics problems;
  const std::vector<Wanted> wanted{{whole, {kOld, later, kRealTime}}};
  const auto cells = plan_cells(wanted, {}, problems);
  ASSERT_EQ(cells.size(), 3U);
  EXPECT_EQ(cells[0].manifest, cells[1].manifest);
  EXPECT_THAT(names_of(cells[0].manifest->modules), ElementsAre("core"));
  EXPECT_THAT(names_of(cells[2].manifest->modules), ElementsAre("core", "rt"));
  for (const Cell& cell : cells) EXPECT_EQ(&cell.whole_manifest(), whole.get());
}

TEST(PlanCells, HaveNoOtherManifestWhereNothingIsConditional) {
  const std::shared_ptr<const Manifest> whole = manifest({module("core")});
  Diagnostics problems;
  const std::vector<Wanted> wanted{{whole, {kOld}}};
  const auto cells = plan_cells(wanted, {}, problems);
  EXPECT_EQ(cells.at(0).manifest, whole);
  EXPECT_EQ(cells.at(0).whole, nullptr);
}

TEST(PlanCells, ExcludeAKernelThatNoModuleIsFor) {
  Diagnostics problems;
  const std::vector<Wanted> wanted{{manifest({module("rt", when({"*/rt-*"}))}), {kOld, kRealTime}}};
  const auto cells = plan_cells(wanted, {}, problems);
  EXPECT_EQ(cells.at(0).verdict, Verdict::excluded);
  EXPECT_EQ(cells.at(0).reason, "the manifest has no module for debian-12/amd64@6.1.0-9-amd64");
  EXPECT_EQ(cells.at(1).verdict, Verdict::build);
}

TEST(PlanCells, DoNotExcludeWhatADkmsConfHasYetToSay) {
  const auto whole = manifest({});
  whole->dkms = DkmsOrigin{.conf = "/src/dkms.conf", .name = "hello", .version = "1"};
  Diagnostics problems;
  const std::vector<Wanted> wanted{{whole, {kOld}}};
  EXPECT_EQ(plan_cells(wanted, {}, problems).at(0).verdict, Verdict::build);
  // Once it has said that there are modules for other kernels, there are none for this one.
  whole->modules = {module("rt", when({"*/rt-*"}))};
  EXPECT_EQ(plan_cells(wanted, {}, problems).at(0).verdict, Verdict::excluded);
}

TEST(ManifestFor, HasTheOneOfSeveralModulesOfAName) {
  const auto whole = manifest({module("snd-core", when({}, {.min = {}, .max = "6.1"})),
                               module("snd_core", when({}, {.min = "6.2", .max = {}})), module("usb", {}, {"snd-core"})});
  whole->modules[0].directory = "old";
  whole->modules[1].directory = "new";
  const auto old = manifest_for(whole, *kOld);
  ASSERT_THAT(names_of(old->modules), ElementsAre("snd-core", "usb"));
  EXPECT_EQ(old->modules[0].directory, "old");
  EXPECT_THAT(old->modules[1].uses, ElementsAre(ModuleName("snd-core")));
  const auto recent = manifest_for(whole, *kNew);
  ASSERT_THAT(names_of(recent->modules), ElementsAre("snd_core", "usb"));
  EXPECT_EQ(recent->modules[0].directory, "new");
  EXPECT_THAT(recent->modules[1].uses, ElementsAre(ModuleName("snd_core")));
}

}  // namespace
}  // namespace kmpack
