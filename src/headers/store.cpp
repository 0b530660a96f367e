#include "headers/store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "headers/kernel_records.hpp"
#include "headers/store_layout.hpp"
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

fs::path tree_below(const fs::path& root, const KernelRelease& release) {
  const fs::path usual = root / "usr/src" / ("linux-headers-" + release.str());
  std::error_code absent;
  if (fs::exists(usual / "Module.symvers", absent)) return usual;
  for (const fs::directory_entry& entry : fs::directory_iterator(root / "usr/src", absent)) {
    std::error_code failed;
    if (fs::exists(entry.path() / "Module.symvers", failed)) return entry.path();
  }
  return {};
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
