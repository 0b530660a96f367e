#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "package/make.hpp"
#include "support/sample_cell.hpp"
#include "sys/files.hpp"
#include "sys/process.hpp"
#include "wrap/digest.hpp"

/// In CI a missing tool is a failure; elsewhere the test says what it lacks and is skipped.
#define KMPACK_NEED_TOOL(name)                                               \
  if (!kmpack::find_program(name)) {                                         \
    if (std::getenv("CI") != nullptr) FAIL() << name << " is not installed"; \
    GTEST_SKIP() << name << " is not installed";                             \
  }                                                                          \
  static_assert(true)

namespace kmpack::test {

struct Packing : ::testing::Test {
  SampleCell sample;
  ProcessRunner runner;
  TempDir place;

  [[nodiscard]] std::filesystem::path output() const { return place.path() / "dist"; }

  [[nodiscard]] PackageSettings settings() const {
    return {.output = output(),
            .template_dirs = {std::filesystem::path(KMPACK_SOURCE_DIR) / "templates"},
            .scratch = place.path() / "scratch",
            .executable = KMPACK_RPM_CHILD};
  }

  std::vector<PackageFile> pack(Format format) { return pack(format, settings()); }
  std::vector<PackageFile> pack(Format format, const PackageSettings& with) {
    const std::vector formats{format};
    return make_packages(sample.cell(), sample.headers, sample.build, sample.modules, formats, with, runner, {});
  }
  std::vector<PackageFile> pack_common(Format format) {
    const std::vector formats{format};
    return make_common_packages(sample.manifest, sample.kernel.rules, formats, 1600000000, settings(), runner, {});
  }

  /// stdout of a program that must succeed.
  std::string output_of(const std::string& program, std::vector<std::string> args, std::map<std::string, std::string> more = {}) {
    const Completed completed = run(program, std::move(args), std::move(more));
    EXPECT_TRUE(completed.ok()) << program << ": " << completed.how() << "\n" << completed.tail << completed.errors;
    return completed.tail;
  }

  Completed run(const std::string& program, std::vector<std::string> args, std::map<std::string, std::string> more = {}) {
    Command command{.program = program, .args = std::move(args), .environment = scrubbed_environment(0), .separate_errors = true};
    for (auto& [name, value] : more) command.environment[name] = value;
    command.tail_bytes = 1U << 20U;
    return runner.run(command, {});
  }
};

}  // namespace kmpack::test
