#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "kmpack/kernel.hpp"
#include "kmpack/module.hpp"
#include "sys/process.hpp"
#include "verify/contents.hpp"

namespace kmpack {

/// What lies at each path of a root: "d", "l TARGET", or the digest of a file.
using TreeState = std::map<std::string, std::string>;

/// A root directory with one kernel in it, as small as package managers and module tools can do with.
///
/// Shape:   merged /usr; sh, kmod and the small tools that scripts use, copied from this machine with their libraries; an
/// update-initramfs that
///          only notes how it was called; the kernel's lists, the in-tree modules that ours need or shadow, modules.dep by
///          depmod.
/// Errors:  tool-missing, process-failed, disk-full.
class ScratchRoot {
 public:
  ScratchRoot(std::filesystem::path directory, KernelRelease release, CommandRunner& runner, std::stop_token stop);
  /// Put the kernel in; `modules` are those of the packages.
  void add_kernel(const ImageTree& image, std::span<const ModuleFacts> modules);
  /// Take it out again, as removing the kernel's package does.
  void remove_kernel();
  /// An empty dpkg database with these as installed. Needs nothing of the host's.
  void add_dpkg_database(const std::vector<PackageContents>& packages);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return root_; }
  [[nodiscard]] const KernelRelease& release() const noexcept { return release_; }
  /// Everything but what package managers and our stand-ins keep of their own.
  [[nodiscard]] TreeState state() const;
  /// How update-initramfs was called since the last time this was asked: one line of arguments for each call.
  std::vector<std::string> take_initramfs_calls();

 private:
  std::filesystem::path root_;
  KernelRelease release_;
  CommandRunner& runner_;
  std::stop_token stop_;
  std::vector<std::string> kernel_files_;
};

/// Lines for what was added, changed or lost from one state to the other.
std::vector<std::string> differences(const TreeState& before, const TreeState& after);

}  // namespace kmpack
