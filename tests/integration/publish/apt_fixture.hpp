#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <set>

#include "publish/apt_release.hpp"
#include "publish/apt_repository.hpp"
#include "support/apt_client.hpp"
#include "support/gpg_home.hpp"
#include "support/handmade_deb.hpp"
#include "support/thrown.hpp"

namespace kmpack::test {

// A day on which apt takes lists for valid, and their signatures.
inline constexpr std::int64_t kThen = 1735689600;

/// A file system of 200 KiB. Mounting needs root.
class SmallDisk {
 public:
  explicit SmallDisk(std::filesystem::path place) : place_(std::move(place)) {
    make_directories(place_);
    mounted_ = ::mount("tmpfs", place_.c_str(), "tmpfs", 0, "size=200k") == 0;
    if (mounted_) root_ = ::open(place_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  }
  ~SmallDisk() {
    if (!mounted_) return;
    // What is tested may have renamed a directory above: the open one knows where it lies now.
    const std::filesystem::path now = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(root_));
    ::umount2(now.c_str(), MNT_DETACH);
    ::close(root_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const noexcept { return mounted_; }

 private:
  std::filesystem::path place_;
  int root_ = -1;
  bool mounted_ = false;
};

inline void without_mounts() {
  if (std::getenv("CI") != nullptr) FAIL() << "cannot mount a small tmpfs";
  GTEST_SKIP() << "mounting a small tmpfs needs root";
}

class AptFixture : public testing::Test {
 protected:
  AptFixture() {
    request_.common.directory = repository_;
    request_.common.name = "site";
    request_.now = request_.clock = kThen;
  }
  PublishedRepository publish(std::vector<std::filesystem::path> packages) {
    request_.common.packages = std::move(packages);
    return publish_debs(request_, runner_, {});
  }
  std::string failure(std::vector<std::filesystem::path> packages) {
    return code_thrown_by([&] { publish(std::move(packages)); });
  }
  void sign(const std::string& who = "good@example.org") {
    if (!home_) home_.emplace();
    request_.common.key = find_openpgp_key(who, runner_, {});
  }

  /// A deb below `debs/`; `note` makes two of one version different.
  std::filesystem::path deb(const std::string& name, const std::string& version = "1.0-1", const std::string& arch = "amd64",
                            const std::string& note = "one") {
    HandmadeDeb made;
    made.name = name;
    made.version = version;
    made.arch = arch;
    made.add("/usr/share/doc/" + name + "/note", note);
    return write(made, note);
  }
  std::filesystem::path write(const HandmadeDeb& made, const std::string& folder = "made") const {
    make_directories(place_.path() / "debs" / folder);
    std::filesystem::path file = place_.path() / "debs" / folder / (made.name + "_" + made.version + "_" + made.arch + ".deb");
    made.write(file);
    return file;
  }
  /// apt knows the repository, and has its lists.
  std::string update() {
    client_.know(repository_ / "site-stable.sources");
    return client_.update();
  }
  [[nodiscard]] std::filesystem::path dist() const { return repository_ / "dists/stable"; }
  [[nodiscard]] std::filesystem::path pooled(const std::string& name, const std::string& version = "1.0-1") const {
    return repository_ / ("pool/main/" + name.substr(0, 1) + "/" + name + "/" + name + "_" + version + "_amd64.deb");
  }
  [[nodiscard]] std::string packages(const std::string& arch = "amd64") const {
    return read_file(dist() / ("main/binary-" + arch) / "Packages");
  }
  [[nodiscard]] AptRelease release() const { return parse_release(read_file(dist() / "Release"), "Release"); }
  /// Exchange one byte in the middle.
  static void alter(const std::filesystem::path& file) {
    std::string bytes = read_file(file);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    write_file(file, bytes);
  }
  static std::map<std::string, std::string> contents(const std::filesystem::path& root) {
    std::map<std::string, std::string> all;
    for (const TreeEntry& entry : walk(root)) {
      const std::string name = entry.relative.string();
      if (entry.type == EntryType::file && name != ".kmpack-lock" && !name.ends_with(".sources"))
        all[name] = read_file(root / name);
    }
    return all;
  }

  std::optional<GpgHome> home_;  // a key takes longer than the rest of most tests
  TempDir place_;
  std::filesystem::path repository_ = place_.path() / "repository";
  DebRequest request_;
  AptClient client_;
  ProcessRunner runner_;
};

}  // namespace kmpack::test
