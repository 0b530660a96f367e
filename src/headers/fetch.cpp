#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "headers/apt_archive.hpp"
#include "headers/kernel_records.hpp"
#include "headers/packages.hpp"
#include "headers/store.hpp"
#include "headers/store_layout.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

[[noreturn]] void clash(const fs::path& path, const Kernel& kernel) {
  throw Error({.code = "archive-hostile",
               .message = fmt::format("two packages of {} disagree about {}", kernel.id(), path.string()),
               .where = {},
               .notes = {},
               .hint = "the archive is inconsistent or forged; do not use it"});
}

void link_file(const fs::path& from, const fs::path& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return;
  const int why = errno;
  // Another file system cannot be meant, but a limit on links can; a file system without links also says EPERM.
  if (why != EMLINK && why != EPERM && why != EXDEV) throw_system_error(why, "cannot link", to);
  clone_file(from, to);
}

/// Lay one unpacked package into the set. Directories are made, never followed: a link of one package must not lead another's
/// files out of the set.
void add_package(const fs::path& package, const fs::path& root, const Kernel& kernel) {
  for (const TreeEntry& entry : walk(package)) {
    const fs::path from = package / entry.relative;
    const fs::path to = root / entry.relative;
    const fs::file_status there = fs::symlink_status(to);
    switch (entry.type) {
      case EntryType::directory:
        if (!fs::exists(there)) {
          fs::create_directory(to);
        } else if (!fs::is_directory(there)) {
          clash(entry.relative, kernel);
        }
        break;
      case EntryType::file:
        if (fs::exists(there)) clash(entry.relative, kernel);
        link_file(from, to);
        break;
      case EntryType::symlink:
        if (fs::exists(there)) clash(entry.relative, kernel);
        fs::copy_symlink(from, to);
        break;
      case EntryType::other:
        clash(entry.relative, kernel);
    }
  }
}

void compose(const HeaderSources& sources, const std::shared_ptr<const Kernel>& kernel) {
  Staged staged(set_directory(sources.cache, *kernel));
  const fs::path root = staged.path() / "root";
  make_directories(root);
  for (const ArchivePackage& package : header_packages(*kernel))
    add_package(package_directory(sources.cache, package), root, *kernel);
  if (tree_below(root, kernel->release).empty()) {
    throw Error({.code = "headers-unusable",
                 .message = fmt::format("the headers packages of {} hold no usr/src/*/Module.symvers", kernel->id()),
                 .where = {},
                 .notes = {},
                 .hint = "the flavor catalogue may name the wrong packages"});
  }
  const std::shared_ptr<const Kernel> records[] = {kernel};
  write_file(staged.path() / "record.json", kernels_to_text(records));
  staged.publish();
}

}  // namespace

void fetch_headers(const HeaderSources& sources, std::span<const std::shared_ptr<const Kernel>> kernels, const Errands& errands) {
  Kernels missing;
  const auto lacks = [&](const auto& kernel) { return !header_packages(*kernel).empty() && !has_headers(sources, *kernel); };
  std::ranges::copy_if(kernels, std::back_inserter(missing), lacks);
  if (missing.empty()) return;
  const FileLock lock = wait_for_lock(store_directory(sources.cache) / "lock", errands.stop);
  sweep_store(sources.cache);
  // Whoever had the lock may have brought them.
  std::erase_if(missing, [&](const auto& kernel) { return has_headers(sources, *kernel); });
  std::vector<ArchivePackage> packages;
  for (const auto& kernel : missing) std::ranges::move(header_packages(*kernel), std::back_inserter(packages));
  ensure_packages(sources, packages, errands);
  for (const auto& kernel : missing) {
    if (errands.stop.stop_requested()) throw Cancelled{};
    if (!has_headers(sources, *kernel)) compose(sources, kernel);
  }
}

}  // namespace kmpack
