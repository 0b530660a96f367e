#pragma once

#include <filesystem>
#include <span>
#include <stop_token>
#include <vector>

#include "kmpack/kernel.hpp"
#include "kmpack/module.hpp"
#include "sys/process.hpp"
#include "verify/guest.hpp"

namespace kmpack {

/// The guest's root directory, made on this machine from finished packages, and what is known of their modules.
///
/// Shape:   busybox, the real kmod with its libraries, the packages' files under /lib, /etc and /usr/lib, the in-tree modules
///          they need, modules.dep by the real depmod. With a busybox of another architecture that is modprobe too: this
///          machine's kmod does not run there.
/// Errors:  tool-missing, package-unknown-format, package-no-modules (for this kernel), process-failed.
class GuestRoot {
 public:
  /// `foreign_busybox` is empty for a guest of this machine's architecture.
  GuestRoot(std::filesystem::path directory, KernelRelease release, const std::filesystem::path& foreign_busybox,
            CommandRunner& runner, std::stop_token stop);
  /// Unpack packages and put in what they need; `image` brings the in-tree modules.
  void install(std::span<const std::filesystem::path> packages, const ImageTree& image);
  /// For each module two files that a kernel which enforces signatures must refuse: /kmpack/NAME-unsigned.ko and
  /// /kmpack/NAME-tampered.ko. Returns their steps, in order of modules: unsigned, tampered.
  std::vector<GuestStep> add_forgeries();
  /// Write /init and the steps, then everything as one initramfs.
  void write_initramfs(std::span<const GuestStep> steps, const std::filesystem::path& file);
  /// The packages' modules, in order of path.
  [[nodiscard]] const std::vector<ModuleFacts>& modules() const noexcept { return modules_; }

 private:
  void merge(const std::filesystem::path& from, const std::filesystem::path& to);
  /// The module where the guest's modprobe can read it.
  [[nodiscard]] std::filesystem::path readable(const std::filesystem::path& module) const;

  std::filesystem::path root_;
  KernelRelease release_;
  bool foreign_;
  CommandRunner& runner_;
  std::stop_token stop_;
  std::vector<ModuleFacts> modules_;
};

/// `module` (decompressed) with one byte of its content changed and its signature left as it is; an unsigned one is returned
/// changed too.
std::string tampered_copy(std::string_view module);

}  // namespace kmpack
