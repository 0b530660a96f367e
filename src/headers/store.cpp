#include "headers/store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "headers/kernel_records.hpp"
#include "headers/store_layout.hpp"
#include "headers/tree.hpp"
#include "sys/files.hpp"
#include "sys/log.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
bool is_there(const fs::path& path) noexcept {
  std::error_code absent;
  return fs::exists(path, absent);
}

fs::path store_directory(const fs::path& cache) { return fs::absolute(cache) / "headers"; }

fs::path package_directory(const fs::path& cache, const ArchivePackage& package) {
  return store_directory(cache) / "packages" / package.sha256;
}

std::vector<ArchivePackage> header_packages(const Kernel& kernel) {
  std::vector<ArchivePackage> packages;
  std::ranges::copy_if(kernel.packages, std::back_inserter(packages),
                       [](const ArchivePackage& package) { return package.role == ArchiveRole::headers; });
  return packages;
}

std::string set_digest(const Kernel& kernel) {
  std::vector<std::string> digests;
  for (const ArchivePackage& package : header_packages(kernel)) digests.push_back(package.sha256);
  std::ranges::sort(digests);
  Sha256 digest;
  digest.add("kmpack header set 1\n");
  for (const std::string& one : digests) digest.add(one + "\n");
  return digest.finish();
}

fs::path set_directory(const fs::path& cache, const Kernel& kernel) {
  return store_directory(cache) / "sets" / set_digest(kernel);
}

bool is_rpm(const ArchivePackage& package) noexcept { return package.url.ends_with(".rpm"); }

std::vector<fs::path> possible_trees(const fs::path& root) {
  const auto below = [](const fs::path& directory) {
    std::vector<fs::path> found;
    std::error_code absent;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, absent)) found.push_back(entry.path());
    std::ranges::sort(found);
    return found;
  };
  std::vector<fs::path> trees = below(root / "usr/src/kernels");
  for (const fs::path& source : below(root / "usr/src")) {
    const std::string name = source.filename().string();
    if (name == "kernels") continue;
    if (!name.starts_with("linux-") || !name.ends_with("-obj")) {
      trees.push_back(source);
      continue;
    }
    for (const fs::path& cpu : below(source)) std::ranges::move(below(cpu), std::back_inserter(trees));
  }
  return trees;
}

fs::path tree_below(const fs::path& root, const KernelRelease& release) {
  const fs::path usual = root / "usr/src" / ("linux-headers-" + release.str());
  if (is_there(usual / "Module.symvers")) return usual;
  fs::path first;
  for (const fs::path& tree : possible_trees(root)) {
    if (!is_there(tree / "Module.symvers")) continue;
    if (release_of_tree(tree) == release.str()) return tree;
    if (first.empty()) first = tree;
  }
  return first;
}

bool place_in_store(const fs::path& cache, Kernel& kernel) {
  if (header_packages(kernel).empty()) return false;
  const fs::path root = set_directory(cache, kernel) / "root";
  if (!is_there(root)) return false;
  const fs::path tree = tree_below(root, kernel.release);
  if (tree.empty()) return false;
  kernel.origin = HeadersOrigin::store;
  kernel.tree = tree;
  kernel.root = root;
  return true;
}

Kernels stored_kernels(const fs::path& cache, std::span<const Catalogue> catalogues) {
  Kernels kernels;
  std::error_code absent;
  for (const fs::directory_entry& entry : fs::directory_iterator(store_directory(cache) / "sets", absent)) {
    if (entry.path().filename().string().starts_with('.')) continue;
    const fs::path record = entry.path() / "record.json";
    try {
      for (Kernel& kernel : kernels_from_text(read_file(record), record)) {
        if (complete_rules(kernel, catalogues) && place_in_store(cache, kernel))
          kernels.push_back(std::make_shared<Kernel>(std::move(kernel)));
      }
    } catch (const Error& error) {
      log_info(fmt::format("a set of the header store is passed over: {}", error.diagnostic().message));
    }
  }
  // Of one release built twice the later build first: it is the one to use.
  std::ranges::sort(kernels, [](const auto& left, const auto& right) {
    if (const auto order = left->flavor <=> right->flavor; order != 0) return order < 0;
    if (left->release != right->release) return older(*left, *right);
    return compare_versions(left->package_version, right->package_version) > 0;
  });
  return kernels;
}

bool has_headers(const HeaderSources& sources, const Kernel& kernel) {
  if (!kernel.tree.empty()) return is_there(kernel.tree);
  Kernel copy = kernel;
  return place_in_store(sources.cache, copy);
}

}  // namespace kmpack
