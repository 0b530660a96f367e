#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "base/text.hpp"
#include "kmpack/kernel.hpp"
#include "sys/files.hpp"
#include "sys/process.hpp"

namespace kmpack::test {

/// Where downloads are kept between tests: $KMPACK_TEST_CACHE, else `test-cache` in the build directory this program lies in.
inline std::filesystem::path test_cache() {
  namespace fs = std::filesystem;
  if (const char* given = std::getenv("KMPACK_TEST_CACHE"); given != nullptr && *given != '\0') return given;
  fs::path directory = fs::read_symlink("/proc/self/exe").parent_path();
  while (directory.has_relative_path() && !fs::exists(directory / "CMakeCache.txt")) directory = directory.parent_path();
  return directory.has_relative_path() ? directory / "test-cache" : fs::temp_directory_path() / "kmpack-test-cache";
}

/// The directory in which usr/src/linux-headers-RELEASE of the newest kernel lies, or nothing and the reason when the archive
/// cannot be reached.
inline std::optional<std::filesystem::path> fetch_headers(const std::string& flavor, const std::string& series,
                                                          std::string& reason) {
  ProcessRunner runner;
  Command command{.program = KMPACK_SOURCE_DIR "/tests/support/fetch-headers",
                  .args = {test_cache().string(), flavor, series},
                  .environment = scrubbed_environment(0)};
  command.separate_errors = true;
  const Completed completed = runner.run(command, {});
  if (completed.ok()) return std::filesystem::path(trimmed(completed.tail));
  reason = completed.errors;
  return std::nullopt;
}

/// What the headers room makes of such a root, as far as a build needs it; written down here so that each is tested without the
/// other.
inline HeaderTree header_tree(const std::filesystem::path& root, const std::string& flavor) {
  namespace fs = std::filesystem;
  HeaderTree headers;
  headers.root = root;
  for (const TreeEntry& entry : walk(root / "usr/src", [](const TreeEntry& found) { return found.relative.has_parent_path(); })) {
    const std::string name = entry.relative.string();
    if (name.starts_with("linux-headers-") && name.find("-common") == std::string::npos)
      headers.tree = root / "usr/src" / entry.relative;
  }
  headers.kernel.release = KernelRelease{headers.tree.filename().string().substr(std::string("linux-headers-").size())};
  const bool foreign = flavor.ends_with("arm64");
  headers.kernel.flavor = {"debian-12", flavor, foreign ? "arm64" : "amd64"};
  const std::string include = std::string(trimmed(read_file(headers.tree / "Makefile"))).substr(std::string("include /").size());
  headers.makefile = root / include;
  headers.symvers = headers.tree / "Module.symvers";
  headers.cross_prefix = foreign ? "aarch64-linux-gnu-" : "";
  headers.compiler = headers.cross_prefix + "gcc-12";
  headers.config.compiler_major = 12;
  headers.epoch = 1700000000;
  return headers;
}

}  // namespace kmpack::test

/// Ends the test as skipped where there is no archive; in CI that is a failure.
#define KMPACK_NEEDS_HEADERS(root, flavor, series)                                        \
  std::string root##_reason;                                                              \
  const auto root##_found = ::kmpack::test::fetch_headers(flavor, series, root##_reason); \
  if (!root##_found && std::getenv("CI") == nullptr) GTEST_SKIP() << root##_reason;       \
  ASSERT_TRUE(root##_found) << root##_reason;                                             \
  const std::filesystem::path& root = *root##_found
