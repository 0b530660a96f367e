#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "base/text.hpp"
#include "headers/store.hpp"
#include "kmpack/architecture.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::HasSubstr;

/// Debian's own archive through the system's own sources. Where there is none, in CI that is a failure and elsewhere a skip.
class RealArchive : public testing::Test {
 protected:
  RealArchive() { fs::permissions(directory_.path(), fs::perms{0777}); }

  void need_debian() {
    const bool is_debian = fs::exists("/etc/debian_version") && host_architecture().deb == "amd64";
    if (is_debian) return;
    ASSERT_EQ(std::getenv("CI"), nullptr) << "CI runs on Debian for amd64";
    GTEST_SKIP() << "no Debian on amd64";
  }

  /// As nobody when the test runs as root.
  [[nodiscard]] Command as_nobody(std::string program, std::vector<std::string> args) const {
    Command command{.program = std::move(program), .args = std::move(args), .environment = scrubbed_environment(0)};
    command.environment.erase("SOURCE_DATE_EPOCH");
    command.environment["TMPDIR"] = directory_.path();
    for (const char* name : {"http_proxy", "https_proxy", "no_proxy"}) {
      if (const char* value = std::getenv(name); value != nullptr) command.environment[name] = value;
    }
    if (::geteuid() != 0) return command;
    command.args.insert(command.args.begin(), {"--reuid=65534", "--regid=65534", "--clear-groups", command.program});
    command.program = "setpriv";
    return command;
  }

  /// The least module, built by nobody in that tree where it lies.
  void build_module(const std::string& tree, const std::string& makefile) {
    const fs::path source = directory_.path() / ("module-" + fs::path(tree).filename().string());
    fs::create_directory(source);
    fs::permissions(source, fs::perms{0777});
    write_file(source / "Kbuild", "obj-m := least.o\n");
    write_file(source / "least.c", "#include <linux/module.h>\nMODULE_LICENSE(\"GPL\");\n");
    ProcessRunner runner;
    const Completed built = runner.run(as_nobody("make", {"-f", makefile, "-C", tree, "M=" + source.string(), "modules"}), {});
    EXPECT_TRUE(built.ok()) << built.tail;
    EXPECT_TRUE(fs::exists(source / "least.ko")) << built.tail;
    EXPECT_THAT(read_file(source / "least.ko"), HasSubstr("vermagic=" + tree.substr(tree.find("linux-headers-") + 14) + " "));
  }

  TempDir directory_;
};

TEST_F(RealArchive, GivesAnUnprivilegedUserTheNewestKernelOfBothSeries) {
  ASSERT_NO_FATAL_FAILURE(need_debian());
  if (IsSkipped()) return;
  // The build directory and the sources may not be everybody's to enter.
  const fs::path child = directory_.path() / "child";
  fs::copy_file(HEADERS_TEST_CHILD, child);
  fs::permissions(child, fs::perms{0755});
  const fs::path flavors = directory_.path() / "flavors";
  fs::copy(fs::path(KMPACK_SOURCE_DIR) / "flavors", flavors);
  const fs::path cache = directory_.path() / "cache";
  const Command command = as_nobody(child, {"fetch", cache.string(), "-", flavors.string(), "debian-12/cloud-amd64"});
  ProcessRunner runner;
  const Completed completed = runner.run(command, {});
  if (!completed.ok() && completed.tail.find("archive-unreachable") != std::string::npos && std::getenv("CI") == nullptr) {
    GTEST_SKIP() << "Debian's archive cannot be reached: " << completed.tail;
  }
  ASSERT_TRUE(completed.ok()) << completed.how() << "\n" << completed.tail;
  EXPECT_THAT(completed.tail, HasSubstr("debian-12/cloud-amd64@6.1.0-"));
  EXPECT_THAT(completed.tail, HasSubstr("debian-12/cloud-amd64@6.12."));
  EXPECT_THAT(completed.tail, HasSubstr(cache.string()));
  if (!find_program("gcc-12") || !find_program("make")) {
    ASSERT_EQ(std::getenv("CI"), nullptr) << "CI has the kernels' compiler";
    GTEST_SKIP() << "the trees cannot be built against without make and gcc-12";
  }
  for (const std::string_view line : split(completed.tail, '\n')) {
    if (const std::vector<std::string> parts = words(line); parts.size() == 4 && parts[0] == "kernel")
      build_module(parts[2], parts[3]);
  }
}

TEST_F(RealArchive, KnowsTheSystemsKernelsWithoutNetworkAndInAnInstant) {
  ASSERT_NO_FATAL_FAILURE(need_debian());
  if (IsSkipped()) return;
  Diagnostics problems;
  const std::vector<fs::path> directories{fs::path(KMPACK_SOURCE_DIR) / "flavors"};
  const auto catalogues = read_catalogues(directories, problems);
  HeaderSources sources{
      .root = "/nonexistent", .cache = directory_.path() / "cache", .metadata = Metadata::stored, .program = HEADERS_TEST_CHILD};
  ProcessRunner runner;
  const Errands errands{.runner = runner, .stop = {}, .say = {}};
  Kernels first = find_kernels(sources, catalogues, {}, errands, problems);
  if (first.empty()) {
    // apt-get update was never run here; then our own lists do as well.
    sources.metadata = Metadata::recent;
    first = find_kernels(sources, catalogues, {}, errands, problems);
    sources.metadata = Metadata::stored;
  }
  if (first.empty() && std::getenv("CI") == nullptr) GTEST_SKIP() << "Debian's archive cannot be reached";
  ASSERT_FALSE(first.empty());
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(find_kernels(sources, catalogues, {}, errands, problems).size(), first.size());
  // An optimized build takes a few milliseconds; the promise for a whole plan is 0.3 s.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  for (const auto& kernel : first) {
    EXPECT_GE(kernel->packages.size(), 3U) << kernel->id();
    EXPECT_FALSE(kernel->series.empty()) << kernel->id();
  }
}

/// The release that a flavor's meta names, by apt itself; empty where there is no such meta.
std::string release_of_meta(const std::string& meta) {
  ProcessRunner runner;
  Command command{.program = "apt-cache", .args = {"--no-all-versions", "show", meta}, .environment = scrubbed_environment(0)};
  const Completed shown = runner.run(command, {});
  for (const std::string_view line : split(shown.tail, '\n')) {
    constexpr std::string_view kDepends = "Depends: linux-headers-";
    // A meta's whole dependency is one package in one version.
    if (line.starts_with(kDepends) && line.find(',') == std::string_view::npos)
      return std::string(line.substr(kDepends.size(), line.find(' ', kDepends.size()) - kDepends.size()));
  }
  return {};
}

TEST_F(RealArchive, HasTheNewestKernelOfEachFlavorWhereItsMetaSays) {
  ASSERT_NO_FATAL_FAILURE(need_debian());
  if (IsSkipped()) return;
  Diagnostics problems;
  const std::vector<fs::path> directories{fs::path(KMPACK_SOURCE_DIR) / "flavors"};
  const auto catalogues = read_catalogues(directories, problems);
  const HeaderSources sources{
      .root = "/nonexistent", .cache = directory_.path() / "cache", .metadata = Metadata::stored, .program = HEADERS_TEST_CHILD};
  ProcessRunner runner;
  const Kernels kernels = find_kernels(sources, catalogues, {}, {.runner = runner, .stop = {}, .say = {}}, problems);
  std::size_t metas = 0;
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    const Kernel& kernel = *kernels[i];
    if (kernel.flavor.distribution != "debian-12" || kernel.flavor.arch != "amd64") continue;
    bool newest = true;
    for (std::size_t j = i + 1; j < kernels.size() && kernels[j]->flavor == kernel.flavor; ++j)
      newest &= kernels[j]->series != kernel.series;
    const std::string named = newest ? release_of_meta("linux-headers-" + kernel.rules.meta_suffix) : std::string();
    if (named.empty()) continue;
    EXPECT_EQ(kernel.release.str(), named);
    ++metas;
  }
  if (metas == 0 && std::getenv("CI") == nullptr) GTEST_SKIP() << "the system has no lists of Debian's archive";
  EXPECT_GE(metas, 3U);
}

}  // namespace
}  // namespace kmpack
