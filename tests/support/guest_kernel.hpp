#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "base/text.hpp"
#include "kmpack/kernel.hpp"
#include "sys/files.hpp"
#include "sys/process.hpp"

/// A real kernel of Debian's archive for tests, unpacked and not installed.
namespace kmpack::test {

struct GuestKernel {
  KernelRelease release;
  ImageTree image;
  std::filesystem::path symvers;
};

inline std::filesystem::path cache_directory() {
  if (const char* place = std::getenv("KMPACK_TEST_CACHE"); place != nullptr && *place != '\0') return place;
  return std::filesystem::temp_directory_path() / "kmpack-test-cache";
}

inline bool in_ci() { return std::getenv("CI") != nullptr; }

inline std::filesystem::path fetched(const std::string& script, const std::string& flavor, const std::string& series) {
  ProcessRunner runner;
  const Completed done = runner.run(Command{.program = std::string{KMPACK_SOURCE_DIR} + "/tests/support/" + script,
                                            .args = {cache_directory().string(), flavor, series},
                                            .environment = scrubbed_environment(0),
                                            .separate_errors = true},
                                    {});
  if (!done.ok()) {
    ADD_FAILURE() << script << ": " << done.how() << ": " << done.errors;
    return {};
  }
  return std::string{trimmed(done.tail)};
}

/// The newest kernel of a flavor and series; nothing (and a failed test) when the archive does not have it.
inline std::optional<GuestKernel> newest_kernel(const std::string& flavor, const std::string& series) {
  GuestKernel kernel;
  const auto root = fetched("fetch-image", flavor, series);
  const auto headers = fetched("fetch-headers", flavor, series);
  if (root.empty() || headers.empty()) return std::nullopt;
  kernel.release = KernelRelease{root.filename().string()};
  const std::string& release = kernel.release.str();
  kernel.image = ImageTree{.root = root,
                           .vmlinuz = root / "boot" / ("vmlinuz-" + release),
                           .modules = root / "lib/modules" / release,
                           .system_map = root / "boot" / ("System.map-" + release)};
  kernel.symvers = headers / "usr/src" / ("linux-headers-" + release) / "Module.symvers";
  if (!std::filesystem::exists(kernel.symvers)) ADD_FAILURE() << "headers and image are not of one release: " << kernel.symvers;
  return kernel;
}

}  // namespace kmpack::test
