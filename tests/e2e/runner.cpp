// Runs one case: e2e_runner FILE NAME. See README.md.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>

#include "base/text.hpp"
#include "e2e/case.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "sys/process.hpp"

namespace fs = std::filesystem;
using namespace kmpack;

namespace {

constexpr int kSkipped = 77;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// A fresh directory with the examples in it, the environment of a case, and a shell.
class Room {
 public:
  explicit Room(const fs::path& source) {
    copy_tree(source / "examples", directory_.path() / "examples");
    make_directories(directory_.path() / "bin");
    fs::create_symlink(KMPACK_PROGRAM, directory_.path() / "bin/kmpack");
    fs::path cache = variable("KMPACK_TEST_CACHE");
    if (cache.empty()) cache = KMPACK_E2E_CACHE;
    environment_ = {{"PATH", (directory_.path() / "bin").string() + ":" + (source / "tests/e2e/bin").string() +
                                 ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                    {"HOME", (directory_.path() / "home").string()},
                    {"XDG_CACHE_HOME", cache.string()},
                    // What one case built is no answer to another: cases of the cache set it anew.
                    {"KMPACK_CACHE_LIMIT", "0"},
                    {"TMPDIR", variable("TMPDIR").empty() ? "/tmp" : variable("TMPDIR")},
                    {"LC_ALL", "C.UTF-8"},
                    {"TZ", "UTC"},
                    // What the case may look at.
                    {"SOURCE", source.string()},
                    {"RPM_KERNELS", KMPACK_RPM_KERNELS},
                    {"DEB_KERNELS", KMPACK_DEB_KERNELS}};
    make_directories(directory_.path() / "home");
    make_directories(cache);
  }

  Completed run(const std::string& script, std::chrono::seconds limit) {
    const Command command{.program = "/bin/sh",
                          .args = {"-e", "-c", script},
                          .environment = environment_,
                          .directory = directory_.path(),
                          .log = {},
                          .output = {},
                          .input = {},
                          .limit = limit,
                          .descriptors = {},
                          .tail_bytes = std::size_t{4} << 20U};
    return runner_.run(command, {});
  }

 private:
  TempDir directory_;
  std::map<std::string, std::string> environment_;
  ProcessRunner runner_;
};

/// Why the case cannot run here; nothing when it can.
std::optional<std::string> missing(const test::Case& of, Room& room) {
  using namespace std::chrono_literals;
  for (const std::string& need : of.needs) {
    const auto words = kmpack::words(need);
    std::string probe;
    if (words.front() == "tool" && words.size() == 2) {
      probe = "command -v " + words[1];
    } else if (need == "headers") {
      probe = "kmpack flavors --offline debian-12/cloud-amd64@6.1 | grep -qw store";
    } else if (need == "rpm-kernels") {
      probe = "test -d \"$RPM_KERNELS/flavors\"";
    } else if (need == "deb-kernels") {
      probe = "test -d \"$DEB_KERNELS/repositories\"";
    } else if (need == "network") {
      probe = "apt-get indextargets --format '$(URI)' | grep -q .";
    } else if (need == "namespaces") {
      probe = "unshare --user --map-root-user --mount true";
    } else {
      return "unknown requirement '" + need + "'";
    }
    if (!room.run(probe, 60s).ok()) return "needs " + need;
  }
  return std::nullopt;
}

int run(const fs::path& file, const std::string& name) {
  const auto cases = test::parse_cases(read_file(file), file.string());
  const auto found = std::ranges::find(cases, name, &test::Case::name);
  if (found == cases.end()) throw std::runtime_error("no case '" + name + "' in " + file.string());
  Room room(KMPACK_SOURCE_DIR);
  if (const auto reason = missing(*found, room)) {
    std::printf("SKIPPED: %s\n", reason->c_str());
    // Where everything is installed, a skip is a test that was lost.
    return variable("CI").empty() ? kSkipped : EXIT_FAILURE;
  }
  const Completed done = room.run(found->script, found->timeout);
  const std::string wrong =
      done.exit_code ? test::differences(*found, done.tail, *done.exit_code) : "ended by " + done.how() + "\n";
  if (wrong.empty()) return EXIT_SUCCESS;
  std::printf("--- case: %s\n%s--- output:\n%s\n--- wrong:\n%s", name.c_str(), found->script.c_str(), done.tail.c_str(),
              wrong.c_str());
  return EXIT_FAILURE;
}

}  // namespace

int main(int count, char** words) {
  try {
    if (count == 3) return run(words[1], words[2]);
    std::fputs("usage: e2e_runner FILE NAME\n", stderr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  return EXIT_FAILURE;
}
