#include "pipeline/lint_in_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/text.hpp"
#include "manifest/dkms/import.hpp"
#include "manifest/module_source.hpp"
#include "sys/files.hpp"
#include "verify/in_tree.hpp"
#include "wrap/kmod.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::size_t kLargest = 4 * 1024 * 1024;

/// MODULE_VERSION of a module, or what stands for it.
std::string version_in_tree(const fs::path& module) {
  try {
    for (const auto& [key, value] : kmod_modinfo(module)) {
      if (key == "version" && !value.empty()) return value;
    }
  } catch (const Error&) {
    return "one that cannot be read";
  }
  return "that of the kernel";
}

/// Of the source of the module's name, else of the package.
std::string version_here(const Manifest& manifest, const ModuleSpec& module) {
  const fs::path directory = manifest.source.directory / manifest.source.subdirectory / module.directory;
  for (const char separator : {'_', '-'}) {
    std::string name = module.name.str();
    std::ranges::replace(name, separator == '_' ? '-' : '_', separator);
    const fs::path source = directory / (name + ".c");
    std::error_code failed;
    if (!fs::is_regular_file(source, failed) || fs::file_size(source, failed) > kLargest) continue;
    if (std::string version = read_module_source(read_file(source)).version; !version.empty()) return version;
  }
  return manifest.version;
}

/// A dkms.conf names its modules by index.
SourceSpan place_of(const Manifest& manifest, const ModuleSpec& module) {
  if (!manifest.dkms || module.where.line != 0) return module.where;
  return {manifest.dkms->conf, line_of_directive(read_file(manifest.dkms->conf), "BUILT_MODULE_NAME", module.name.str()), 0};
}

struct InTree {
  fs::path path;
  std::string version;

  auto operator<=>(const InTree&) const = default;
};

}  // namespace

void lint_in_tree(const Manifest& manifest, std::span<const SeenKernel> kernels, Diagnostics& problems) {
  std::map<std::string, std::map<InTree, std::vector<std::string>>> found;
  for (const SeenKernel& kernel : kernels) {
    const InTreeModules theirs(kernel.image);
    for (const ModuleSpec& module : manifest.modules) {
      const fs::path* const path = theirs.find(module.name.str());
      if (path == nullptr) continue;
      found[module.name.str()][{*path, version_in_tree(kernel.image.modules / *path)}].push_back(kernel.id);
    }
  }
  for (const ModuleSpec& module : manifest.modules) {
    const auto entry = found.extract(module.name.str());
    if (entry.empty()) continue;
    std::vector<std::string> notes = {fmt::format("version here: {}", version_here(manifest, module))};
    for (const auto& [theirs, ids] : entry.mapped())
      notes.push_back(fmt::format("{}: {}, version: {}", joined(ids, ", "), theirs.path.string(), theirs.version));
    notes.emplace_back("the one in updates/ is loaded then; an initramfs made before it was installed still has the kernel's");
    problems.report({.severity = Severity::warning,
                     .code = "lint-module-in-tree",
                     .message = fmt::format("kernels bring a module {} themselves", module.name.str()),
                     .where = place_of(manifest, module),
                     .notes = std::move(notes),
                     .hint =
                         "exclude kernels whose own is as good (BUILD_EXCLUSIVE_KERNEL_MAX, <kernels max=…>), or give this one "
                         "another name"});
  }
}

}  // namespace kmpack
