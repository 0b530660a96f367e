#include "verify/scratch_root.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "kmpack/architecture.hpp"
#include "sys/files.hpp"
#include "verify/in_tree.hpp"
#include "verify/relations.hpp"
#include "verify/userland.hpp"
#include "wrap/digest.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using std::string;
using std::string_view;

// What scripts of packages call. Those without a package are left out when this machine lacks them.
constexpr auto kTools = std::to_array<HostProgram>({
    {"sh", "dash"},       {"cat", "coreutils"},   {"rm", "coreutils"},      {"mkdir", "coreutils"}, {"rmdir", "coreutils"},
    {"mv", "coreutils"},  {"ls", "coreutils"},    {"uname", "coreutils"},   {"touch", "coreutils"}, {"basename", "coreutils"},
    {"ln", "coreutils"},  {"chmod", "coreutils"}, {"dirname", "coreutils"}, {"sort", "coreutils"},  {"readlink", "coreutils"},
    {"[", "coreutils"},   {"test", "coreutils"},  {"grep", "grep"},         {"sed", "sed"},         {"find", "findutils"},
    {"cp", "coreutils"},  {"true", "coreutils"},  {"dpkg-trigger", ""},     {"dpkg-query", ""},     {"dpkg", ""},
    {"cut", "coreutils"}, {"tr", "coreutils"},    {"head", "coreutils"},
});

// What a system has before the first module package comes.
constexpr auto kDirectories = std::to_array<const char*>({"usr/bin",
                                                          "usr/lib/modules",
                                                          "usr/lib/modprobe.d",
                                                          "usr/lib/modules-load.d",
                                                          "usr/lib/firmware",
                                                          "usr/lib64",
                                                          "usr/share/doc",
                                                          "usr/share/licenses",
                                                          "usr/share/lintian/overrides",
                                                          "etc/modprobe.d",
                                                          "etc/modules-load.d",
                                                          "etc/depmod.d",
                                                          "boot",
                                                          "dev",
                                                          "proc",
                                                          "run",
                                                          "tmp",
                                                          "var/tmp",
                                                          "var/lib",
                                                          "var/lib/rpm-state",
                                                          "var/log",
                                                          "var/cache"});

constexpr string_view kInitramfsLog = "/var/log/kmpack-initramfs-calls";

constexpr string_view kInitramfsStub = R"(#!/bin/sh
echo "$*" >> "${DPKG_ROOT:-}/var/log/kmpack-initramfs-calls"
)";

/// Paths that change with every installation and belong to nobody's package.
bool is_bookkeeping(string_view path) noexcept {
  constexpr auto kPlaces = std::to_array<string_view>(
      {"var/lib/dpkg", "var/lib/rpm", "var/log", "var/cache", "var/tmp", "tmp", "dev", "usr/lib/sysimage", "run", "proc"});
  return std::ranges::any_of(kPlaces, [&](string_view place) { return path == place || path.starts_with(string{place} + "/"); });
}

const string kBaseStub = "kmpack-base";

/// The directories of the root in dpkg's notation, under both names where / has a link into /usr.
std::vector<string> base_directories(const fs::path& root) {
  std::vector<string> directories{"/."};
  const auto keep = [](const TreeEntry& entry) {
    return entry.type == EntryType::file || entry.relative.native().starts_with("usr/lib/modules/");
  };
  for (const TreeEntry& entry : walk(root, keep)) {
    const string path = entry.relative.string();
    directories.push_back("/" + path);
    if (path.starts_with("usr/lib/")) directories.push_back("/" + path.substr(4));
  }
  return directories;
}

string describe(const fs::path& root, const TreeEntry& entry) {
  switch (entry.type) {
    case EntryType::directory:
      return "d";
    case EntryType::symlink:
      return "l " + fs::read_symlink(root / entry.relative).string();
    case EntryType::file:
      return sha256_of_file(root / entry.relative);
    case EntryType::other:
      break;
  }
  return "other";
}

}  // namespace

ScratchRoot::ScratchRoot(fs::path directory, KernelRelease release, CommandRunner& runner, std::stop_token stop)
    : root_(std::move(directory)), release_(std::move(release)), runner_(runner), stop_(std::move(stop)) {
  for (const char* name : kDirectories) make_directories(root_ / name);
  fs::create_directory_symlink("bin", root_ / "usr/sbin");
  for (const char* name : {"bin", "sbin", "lib", "lib64"}) fs::create_directory_symlink(fs::path{"usr"} / name, root_ / name);
  // A file and not a device: no root is needed for it, and scripts only write there.
  write_file(root_ / "dev/null", "", fs::perms{0666});
  write_file(root_ / "etc/passwd", "root:x:0:0:root:/:/bin/sh\n");
  write_file(root_ / "etc/group", "root:x:0:\n");
  Userland userland{root_, runner_, stop_};
  userland.add(kTools);
  userland.add_module_tools();
  write_file(root_ / "usr/bin/update-initramfs", kInitramfsStub, fs::perms{0755});
}

void ScratchRoot::add_kernel(const ImageTree& image, std::span<const ModuleFacts> modules) {
  const string& release = release_.str();
  InTreeModules{image}.copy_needed(modules, root_ / "lib/modules" / release);
  std::error_code absent;
  if (fs::exists(image.system_map, absent)) clone_file(image.system_map, root_ / "boot" / ("System.map-" + release));
  // Scripts ask whether there is an initramfs before they make a new one.
  write_file(root_ / "boot" / ("initrd.img-" + release), "stands for the initramfs\n");
  write_file(root_ / "boot" / ("vmlinuz-" + release), "stands for the kernel\n");
  static_cast<void>(run_checked(runner_,
                                Command{.program = require_program({.name = "depmod", .package = "kmod"}).string(),
                                        .args = {"-b", root_.string(), release},
                                        .environment = scrubbed_environment(0)},
                                stop_));
}

void ScratchRoot::remove_kernel() {
  const fs::path modules = root_ / "lib/modules" / release_.str();
  remove_tree(modules / "kernel");
  std::vector<fs::path> lists;
  for (const fs::directory_entry& entry : fs::directory_iterator{modules}) {
    if (entry.path().filename().string().starts_with("modules.")) lists.push_back(entry.path());
  }
  for (const fs::path& list : lists) fs::remove(list);
  if (fs::is_empty(modules)) fs::remove(modules);
  for (const char* name : {"System.map-", "initrd.img-", "vmlinuz-"}) fs::remove(root_ / "boot" / (name + release_.str()));
}

void ScratchRoot::add_dpkg_database(const std::vector<PackageContents>& packages) {
  const fs::path database = root_ / "var/lib/dpkg";
  for (const char* name : {"info", "updates", "triggers", "alternatives", "parts"}) make_directories(database / name);
  string arch = "all";
  for (const PackageContents& package : packages) {
    if (package.arch != "all") arch = package.arch;
  }
  std::vector<StubPackage> stubs = stubs_for(packages);
  stubs.push_back(StubPackage{.name = kBaseStub, .version = "1"});
  write_file(database / "status", status_of(stubs, arch));
  for (const StubPackage& stub : stubs) write_file(database / "info" / (stub.name + ".list"), "/.\n");
  // What other packages own as well stays when ours goes.
  write_file(database / "info" / (kBaseStub + ".list"), joined(base_directories(root_), "\n") + "\n");
  write_file(database / "available", "");
  // A package for another architecture is taken only when dpkg knows that one.
  if (arch != "all") {
    const string host = string{host_architecture().deb};
    write_file(database / "arch", host == arch ? host + "\n" : host + "\n" + arch + "\n");
  }
}

TreeState ScratchRoot::state() const {
  TreeState state;
  const auto skip = [](const TreeEntry& entry) { return is_bookkeeping(entry.relative.native()); };
  for (const TreeEntry& entry : walk(root_, skip)) state.emplace(entry.relative.string(), describe(root_, entry));
  return state;
}

std::vector<string> ScratchRoot::take_initramfs_calls() {
  const fs::path log = root_ / kInitramfsLog.substr(1);
  std::vector<string> calls;
  if (!fs::exists(log)) return calls;
  const string text = read_file(log);
  for (const string_view line : split(text, '\n')) {
    if (!trimmed(line).empty()) calls.emplace_back(line);
  }
  fs::remove(log);
  return calls;
}

std::vector<string> differences(const TreeState& before, const TreeState& after) {
  std::vector<string> found;
  for (const auto& [path, what] : before) {
    const auto now = after.find(path);
    if (now == after.end()) {
      found.push_back("lost: /" + path);
    } else if (now->second != what) {
      found.push_back("changed: /" + path);
    }
  }
  for (const auto& [path, what] : after) {
    if (!before.contains(path)) found.push_back("left: /" + path);
  }
  return found;
}

}  // namespace kmpack
