#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "manifest/build_order.hpp"
#include "manifest/kbuild.hpp"
#include "manifest/kernel_range.hpp"
#include "manifest/reader.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;

Manifest example(const std::string& name) {
  Diagnostics problems;
  const fs::path file = fs::path(KMPACK_SOURCE_DIR) / "examples" / name / "kmpack.xml";
  auto manifest = parse_manifest(read_file(file), file, problems);
  for (const Diagnostic& problem : problems.all()) ADD_FAILURE() << to_text(problem);
  return manifest ? *manifest : Manifest{};
}

TEST(Examples, AllWantTheKernelsOfDebian12AndHaveAReadme) {
  for (const char* name : {"hello", "pair", "pci-driver", "v4l2loopback", "tp-smapi", "acpi-call"}) {
    const Manifest manifest = example(name);
    ASSERT_EQ(manifest.kernels.include.size(), 1U) << name;
    EXPECT_EQ(manifest.kernels.include[0].pattern.text, "debian-12/*amd64") << name;
    EXPECT_TRUE(fs::exists(manifest.file.parent_path() / "README.md")) << name;
  }
}

TEST(Examples, WithSourcesOfTheirOwnHaveWhatTheirManifestsName) {
  for (const char* name : {"hello", "pair", "pci-driver"}) {
    Diagnostics problems;
    EXPECT_TRUE(read_manifest(fs::path(KMPACK_SOURCE_DIR) / "examples" / name / "kmpack.xml", problems).has_value()) << name;
    EXPECT_TRUE(problems.all().empty()) << name;
  }
}

TEST(Examples, WithSourcesOfTheirOwnMakeTheModulesTheirManifestsName) {
  for (const char* name : {"hello", "pair", "pci-driver"}) {
    for (const BuildStep& step : build_order(example(name))) {
      Diagnostics problems;
      const auto found = manifest_from_kbuild(example(name).source.directory / step.directory, problems);
      ASSERT_TRUE(found.has_value()) << name;
      ASSERT_EQ(found->modules.size(), 1U) << name;
      EXPECT_EQ(found->modules[0].name, step.modules.at(0)) << name;
      EXPECT_TRUE(problems.all().empty()) << to_text(problems.all().front());
    }
  }
}

TEST(Examples, PairBuildsTheModuleThatIsUsedFirst) {
  const auto steps = build_order(example("pair"));
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].directory, "core");
}

TEST(Examples, OfDriversThatDoNotCompileForNewKernelsExcludeThem) {
  for (const char* name : {"v4l2loopback", "tp-smapi"}) {
    const auto manifest = example(name);
    ASSERT_EQ(manifest.kernels.exclude.size(), 1U) << name;
    EXPECT_TRUE(in_range(manifest.kernels.exclude[0].kernels, "6.12.1+deb12-amd64")) << name;
    EXPECT_FALSE(in_range(manifest.kernels.exclude[0].kernels, "6.1.0-1-amd64")) << name;
  }
  EXPECT_TRUE(example("acpi-call").kernels.exclude.empty());
}

}  // namespace
}  // namespace kmpack
