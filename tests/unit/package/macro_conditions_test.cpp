#include "package/macro_conditions.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "kmpack/architecture.hpp"
#include "sys/process.hpp"

namespace kmpack {
namespace {

KernelCondition when(const std::vector<std::string>& patterns, KernelRange range = {}) {
  KernelCondition condition{.flavors = {}, .range = std::move(range)};
  Diagnostics problems;
  for (const std::string& text : patterns) condition.flavors.push_back(parse_flavor_pattern(text, {}, problems).value());
  return condition;
}

MacroFlavors both_families() {
  return {.suse_wanted = true,
          .redhat_wanted = true,
          .suse = {},
          .redhat = {},
          .suse_distributions = {"opensuse-leap-15.6", "sle-15-sp6"},
          .redhat_distributions = {"el9"}};
}

MacroFlavors only_el9() { return {.redhat_wanted = true, .redhat_distributions = {"el9"}}; }

/// What the shell says of a condition for one kernel; rpm's part in it is done by hand.
bool holds(const KernelCondition& condition, const std::string& suse_version, const std::string& flavor,
           const std::string& release, const MacroFlavors& flavors = both_families()) {
  std::string text = where_it_holds(condition, flavors, "echo yes\n");
  text = replaced(with_condition_functions(text), "%{?suse_version}", suse_version);
  text = replaced(std::move(text), "%%", "%");
  ProcessRunner runner;
  const Completed completed = runner.run({.program = "sh",
                                          .args = {"-euc", fmt::format("flavor='{}'\nrelease='{}'\n{}", flavor, release, text)},
                                          .environment = scrubbed_environment(0)},
                                         {});
  EXPECT_TRUE(completed.ok()) << completed.tail << text;
  return completed.tail == "yes\n";
}

TEST(MacroCondition, IsNothingForEveryKernel) {
  EXPECT_EQ(macro_condition({}, both_families()), "");
  EXPECT_EQ(macro_condition(when({"*/*"}), both_families()), "");
  EXPECT_EQ(macro_condition(when({"el9/rt", "*/*@*"}), both_families()), "");
  EXPECT_EQ(macro_condition(when({"el9/*"}), only_el9()), "");
}

TEST(MacroCondition, AsksForTheFlavor) {
  const KernelCondition condition = when({"*/rt*", "*/64k"});
  EXPECT_TRUE(holds(condition, "", "rt", "5.14.0"));
  EXPECT_TRUE(holds(condition, "", "rt-debug", "5.14.0"));
  EXPECT_TRUE(holds(condition, "", "64k", "5.14.0"));
  EXPECT_FALSE(holds(condition, "", "default", "5.14.0"));
  EXPECT_FALSE(holds(when({"*/[r]t"}), "", "rt", "5.14.0"));
}

TEST(MacroCondition, AsksForTheFamilyOfTheDistribution) {
  EXPECT_TRUE(holds(when({"el9/default"}), "", "default", "5.14.0"));
  EXPECT_FALSE(holds(when({"el9/default"}), "1500", "default", "6.4.0"));
  EXPECT_TRUE(holds(when({"*5*/default"}), "1500", "default", "6.4.0"));
  EXPECT_FALSE(holds(when({"*5*/default"}), "", "default", "6.4.0"));
}

TEST(MacroCondition, AsksForTheRangeBesideThePatterns) {
  const KernelCondition condition = when({"*/rt", "*/default"}, {.min = "5.14", .max = "6.4"});
  EXPECT_TRUE(holds(condition, "", "rt", "5.14.0-503.11.1.el9_5.x86_64+rt"));
  EXPECT_TRUE(holds(condition, "1500", "default", "6.4.0-150600.23.14-default"));
  EXPECT_FALSE(holds(condition, "", "default", "6.5.0-1"));
  EXPECT_FALSE(holds(condition, "", "default", "5.13.19"));
  EXPECT_FALSE(holds(condition, "", "debug", "5.14.0"));
  EXPECT_TRUE(holds(when({}, {.min = "5.14", .max = {}}), "", "any", "5.14.0"));
}

TEST(MacroCondition, AsksForTheMachine) {
  EXPECT_FALSE(holds(when({"*/default.s390x", "*/default.ppc64le"}), "", "default", "5.14.0"));
  EXPECT_TRUE(holds(when({"*/default." + std::string(host_architecture().rpm)}), "", "default", "5.14.0"));
}

TEST(MacroCondition, NeverHoldsWhereNoDistributionOfTheSpecIsMeant) {
  EXPECT_FALSE(holds(when({"debian-12/*"}), "", "default", "5.14.0"));
  EXPECT_TRUE(holds(when({"debian-12/*", "el9/*"}), "", "default", "5.14.0"));
}

TEST(MacroCondition, CannotTellReleasesAndDistributionsOfOneFamily) {
  EXPECT_FALSE(macro_condition(when({"*/rt@9"}), both_families()));
  EXPECT_FALSE(macro_condition(when({"sle-15-sp6/default"}), both_families()));
  Manifest manifest;
  manifest.modules = {{.name = ModuleName{"a"}, .when = when({"el9/*"}), .where = {"/k.xml", 3, 0}},
                      {.name = ModuleName{"b"}, .when = when({"el9/rt", "sle-15-sp6/*"}), .where = {"/k.xml", 4, 0}}};
  manifest.patches = {{.file = "/p", .when = when({"*/*@6.4"}), .where = {"/k.xml", 1, 0}}};
  manifest.make.after = {{.text = "true", .when = when({"*/*@6.5"}), .where = {"/k.xml", 2, 0}}};
  Diagnostics problems;
  check_macro_conditions(manifest, both_families(), problems);
  ASSERT_EQ(problems.all().size(), 3U);
  EXPECT_EQ(to_text(problems.all().back()),
            "/k.xml:4: error: a macro spec cannot say for=\"el9/rt sle-15-sp6/*\": its kernels are those of the build root "
            "[spec-macro-conditional]\n"
            "  note: it can tell SUSE from Red Hat, flavors, architectures, and min and max\n"
            "  hint: write a static spec (--spec static), which has each kernel's own");
}

TEST(MacroFlavorsOf, AreToldWithWhatTheirSpecLeavesOut) {
  Catalogue catalogue{.file = "el9.xml", .id = "el9", .title = "EL 9"};
  catalogue.rules.rpm.style = RpmStyle::kmod;
  catalogue.flavors = {{.name = "default", .arch = "x86_64"}};
  Manifest manifest;
  manifest.name = PackageName{"hello"};
  manifest.modules = {{.name = ModuleName{"a"}}, {.name = ModuleName{"b"}, .strip = Strip::no, .where = {"/k.xml", 7, 0}}};
  manifest.kernels.include = {{when({"el9/*"}).flavors.front()}};
  Diagnostics problems;
  const MacroFlavors flavors = macro_flavors(manifest, {}, std::span(&catalogue, 1), problems);
  EXPECT_EQ(flavors.redhat_distributions, std::vector<std::string>{"el9"});
  ASSERT_EQ(problems.all().size(), 1U);
  EXPECT_EQ(to_text(problems.all().front()),
            "/k.xml:7: warning: the module b is stripped by a macro spec: that is the distribution's business there "
            "[spec-strip-left-out]\n"
            "  hint: write a static spec, which keeps its debug information");
}

}  // namespace
}  // namespace kmpack
