#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/kernel.hpp"
#include "kmpack/module.hpp"

namespace kmpack {

/// `snd-hda_intel.ko.xz` and `snd_hda-intel` are one module to the kernel: the name with underscores, without suffixes.
std::string module_key(std::string_view file_or_module_name);
/// True for a file name that depmod takes for a module.
bool is_module_file(std::string_view file_name) noexcept;

/// The modules a kernel brings itself, by key.
class InTreeModules {
 public:
  /// Walks <modules>/kernel. Errors: file-unreadable.
  explicit InTreeModules(const ImageTree& image);
  /// Path below the kernel's module directory, or null.
  [[nodiscard]] const std::filesystem::path* find(std::string_view module) const;
  /// In-tree modules that the given ones need (depends and soft dependencies, and theirs in turn), and those of the same names;
  /// paths below the kernel's module directory, sorted. What is not there (built in, or brought by a package) is left out.
  [[nodiscard]] std::vector<std::filesystem::path> needed_by(std::span<const ModuleFacts> modules) const;
  /// Copy those and the lists depmod reads to `directory` (…/lib/modules/<release>).
  void copy_needed(std::span<const ModuleFacts> modules, const std::filesystem::path& directory) const;

 private:
  std::filesystem::path modules_;
  std::map<std::string, std::filesystem::path, std::less<>> by_key_;
};

}  // namespace kmpack
