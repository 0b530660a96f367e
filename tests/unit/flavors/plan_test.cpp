#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "flavors/plan.hpp"
#include "support/sample_catalogue.hpp"

namespace kmpack {
namespace {

using testing::ElementsAre;

std::shared_ptr<Manifest> manifest(const std::string& name) {
  auto made = std::make_shared<Manifest>();
  made->file = "/src/" + name + "/kmpack.xml";
  made->name = PackageName(name);
  made->modules = {{.name = ModuleName(name), .directory = "."}};
  return made;
}

FlavorPattern pattern(std::string_view text) {
  Diagnostics problems;
  return parse_flavor_pattern(text, {}, problems).value();
}

KernelConfig config_with(std::map<std::string, std::string> options) {
  KernelConfig config;
  config.modules = true;
  config.options = std::move(options);
  return config;
}

std::vector<std::string> told(const std::vector<Cell>& cells) {
  std::vector<std::string> lines;
  for (const Cell& cell : cells) {
    std::string line = fmt::format("{} {}", cell.manifest->name.str(), cell.kernel->release.str());
    if (cell.verdict == Verdict::excluded) line += ": " + cell.reason;
    if (cell.newest_of_series) line += " newest";
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> plan_one(const std::shared_ptr<Manifest>& one, const Kernels& kernels, const ConfigOf& config_of = {}) {
  Diagnostics problems;
  const std::vector<Wanted> wanted{{one, kernels}};
  const auto cells = plan_cells(wanted, config_of, problems);
  EXPECT_TRUE(problems.ok());
  return told(cells);
}

Kernels two_series() {
  return {test::kernel("amd64", "amd64", "6.12.117+deb12-amd64"), test::kernel("amd64", "amd64", "6.1.0-56-amd64"),
          test::kernel("amd64", "amd64", "6.1.0-9-amd64")};
}

TEST(PlanCells, SortsAndMarksTheNewestOfEachSeries) {
  EXPECT_THAT(plan_one(manifest("hello"), two_series()),
              ElementsAre("hello 6.1.0-9-amd64", "hello 6.1.0-56-amd64 newest", "hello 6.12.117+deb12-amd64 newest"));
}

TEST(PlanCells, ExcludesWithTheManifestsReason) {
  const auto hello = manifest("hello");
  hello->kernels.exclude = {{.pattern = pattern("debian-12/*@6.12"), .kernels = {}, .reason = "the API is gone", .where = {}},
                            {.pattern = pattern("*/*@6.1.0-56*"), .kernels = {}, .reason = "known bad", .where = {}}};
  EXPECT_THAT(plan_one(hello, two_series()), ElementsAre("hello 6.1.0-9-amd64 newest", "hello 6.1.0-56-amd64: known bad",
                                                         "hello 6.12.117+deb12-amd64: the API is gone"));
}

TEST(PlanCells, ExcludesEveryArchitectureWhenNoneIsNamed) {
  const auto hello = manifest("hello");
  hello->kernels.exclude = {{.pattern = pattern("debian-12/rt-*"), .kernels = {}, .reason = "sleeps in irq", .where = {}}};
  EXPECT_THAT(plan_one(hello, {test::kernel("rt-arm64", "arm64", "6.1.0-56-rt-arm64")}),
              ElementsAre("hello 6.1.0-56-rt-arm64: sleeps in irq"));
}

TEST(PlanCells, ExcludesARangeOfKernelsOnly) {
  const auto hello = manifest("hello");
  hello->kernels.exclude = {
      {.pattern = pattern("*/*"), .kernels = {.min = "6.2", .max = {}}, .reason = "since 6.2", .where = {}}};
  EXPECT_THAT(plan_one(hello, two_series()),
              ElementsAre("hello 6.1.0-9-amd64", "hello 6.1.0-56-amd64 newest", "hello 6.12.117+deb12-amd64: since 6.2"));
}

TEST(PlanCells, KeepsToTheManifestsRange) {
  const auto hello = manifest("hello");
  hello->kernels.range = {.min = "5.10", .max = "6.11"};
  EXPECT_EQ(plan_one(hello, two_series()).back(), "hello 6.12.117+deb12-amd64: the manifest is for kernels 5.10 to 6.11");
  hello->kernels.range = {.min = "6.12", .max = {}};
  EXPECT_EQ(plan_one(hello, two_series()).front(), "hello 6.1.0-9-amd64: the manifest is for kernels 6.12 and later");
}

TEST(PlanCells, NamesTheOptionThatAKernelDoesNotHave) {
  const auto v4l2 = manifest("v4l2");
  const KernelConfig config = config_with({{"CONFIG_USB", "m"}, {"CONFIG_PCI", "y"}});
  const ConfigOf config_of = [&](const Kernel&) { return &config; };
  const Kernels kernels{test::kernel("cloud-amd64", "amd64", "6.1.0-56-cloud-amd64")};
  const auto reason = [&](ConfigRequirement requirement) {
    v4l2->kernels.config = {std::move(requirement)};
    return plan_one(v4l2, kernels, config_of).at(0);
  };
  const std::string head = "v4l2 6.1.0-56-cloud-amd64: needs ";
  const std::string id = "debian-12/cloud-amd64@6.1.0-56-cloud-amd64";
  EXPECT_EQ(reason({.option = "CONFIG_VIDEO_DEV", .reason = {}, .where = {}}),
            head + "CONFIG_VIDEO_DEV, which " + id + " does not set");
  EXPECT_EQ(reason({.option = "CONFIG_USB", .need = ConfigNeed::builtin, .reason = "it boots from it", .where = {}}),
            head + "CONFIG_USB=y, which " + id + " sets to m: it boots from it");
  EXPECT_EQ(reason({.option = "CONFIG_PCI", .need = ConfigNeed::disabled, .reason = {}, .where = {}}),
            head + "CONFIG_PCI not set, which " + id + " sets to y");
  EXPECT_EQ(reason({.option = "CONFIG_PCI", .need = ConfigNeed::module, .reason = {}, .where = {}}),
            head + "CONFIG_PCI=m, which " + id + " sets to y");
  EXPECT_EQ(reason({.option = "CONFIG_USB", .reason = {}, .where = {}}), "v4l2 6.1.0-56-cloud-amd64 newest");
}

TEST(PlanCells, ExcludesAKernelWithoutLoadableModules) {
  const KernelConfig config;
  EXPECT_THAT(
      plan_one(manifest("hello"), {test::kernel("amd64", "amd64", "6.1.0-56-amd64")}, [&](const Kernel&) { return &config; }),
      ElementsAre("hello 6.1.0-56-amd64: debian-12/amd64@6.1.0-56-amd64 cannot load modules: CONFIG_MODULES is not set"));
}

TEST(PlanCells, DoesNotJudgeAConfigurationItCannotSee) {
  const auto hello = manifest("hello");
  hello->kernels.config = {{.option = "CONFIG_VIDEO_DEV", .reason = {}, .where = {}}};
  EXPECT_EQ(plan_one(hello, two_series(), [](const Kernel&) { return nullptr; }).size(), 3U);
}

TEST(PlanCells, ReportsAManifestThatWantsNoKernel) {
  Diagnostics problems;
  const std::vector<Wanted> wanted{{manifest("hello"), {}}};
  EXPECT_TRUE(plan_cells(wanted, {}, problems).empty());
  ASSERT_EQ(problems.all().size(), 1U);
  EXPECT_EQ(to_text(problems.all()[0]),
            "/src/hello/kmpack.xml: error: no kernel was chosen for hello [kernels-none]\n"
            "  hint: name kernels in its <kernels>, or with --flavor");
}

TEST(PlanCells, DoesNotSendToTheKernelsOfADkmsConfWhichHasNone) {
  Diagnostics problems;
  const auto hello = manifest("hello");
  hello->dkms = DkmsOrigin{.conf = "/src/hello/dkms.conf", .name = "hello", .version = "1.0", .semantics = {}, .overrides = {}};
  const std::vector<Wanted> wanted{{hello, {}}};
  EXPECT_TRUE(plan_cells(wanted, {}, problems).empty());
  ASSERT_EQ(problems.all().size(), 1U);
  EXPECT_EQ(problems.all()[0].hint, "a dkms.conf names none: do so with --flavor, as --flavor 'debian-12/*amd64'");
}

TEST(PlanCells, AsksForEachConfigurationOnceWhateverTheNumberOfManifests) {
  const Kernels kernels = two_series();
  std::vector<Wanted> wanted;
  for (const char* name : {"c", "a", "b"}) wanted.push_back({manifest(name), kernels});
  int questions = 0;
  const KernelConfig config = config_with({});
  Diagnostics problems;
  const auto cells = plan_cells(
      wanted, [&](const Kernel&) { return ++questions, &config; }, problems);
  EXPECT_EQ(questions, 3);
  ASSERT_EQ(cells.size(), 9U);
  EXPECT_EQ(cells.front().manifest->name.str(), "a");
  EXPECT_EQ(cells.back().manifest->name.str(), "c");
}

TEST(PlanCells, PlansManyCellsInTimeLinearInTheirNumber) {
  constexpr int kKernels = 1000;
  Kernels kernels;
  for (int i = 0; i < kKernels; ++i) kernels.push_back(test::kernel("amd64", "amd64", fmt::format("6.1.0-{}-amd64", i)));
  const auto seconds_for = [&](int manifests) {
    std::vector<Wanted> wanted;
    for (int i = 0; i < manifests; ++i) wanted.push_back({manifest(fmt::format("m{}", i)), kernels});
    Diagnostics problems;
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(plan_cells(wanted, {}, problems).size(), static_cast<std::size_t>(manifests * kKernels));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const double few = seconds_for(10);
  // Ten times the cells: quadratic work would take a hundred times as long. The machine may be busy.
  EXPECT_LT(seconds_for(100), 40 * few + 0.5);
}

}  // namespace
}  // namespace kmpack
