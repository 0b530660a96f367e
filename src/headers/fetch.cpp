#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "headers/apt_archive.hpp"
#include "headers/kernel_records.hpp"
#include "headers/packages.hpp"
#include "headers/shared_files.hpp"
#include "headers/store.hpp"
#include "headers/store_layout.hpp"
#include "headers/symvers_file.hpp"
#include "headers/tree.hpp"
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

/// kbuild reads Module.symvers only; some packages have it in another form.
void complete_symvers(const fs::path& root, const KernelRelease& release) {
  for (const fs::path& tree : possible_trees(root)) {
    if (is_there(tree / ".config") || is_there(tree / "include/config/auto.conf")) unpack_symvers(tree, root, release);
  }
}

/// What an rpm's name and version mean is a rule of the catalogue; the tree itself knows. Debian's says so in the package's name,
/// and open_headers() compares.
void require_release(const fs::path& tree, const Kernel& kernel) {
  if (kernel.origin != HeadersOrigin::rpm_md) return;
  for (const std::optional<std::string>& said : {release_of_tree(tree), configured_release(tree)}) {
    if (!said || *said == kernel.release.str()) continue;
    const ArchivePackage package = header_packages(kernel).front();
    throw Error({.code = "headers-unusable",
                 .message = fmt::format("{} {} holds the headers of {}, where {} is expected", package.name, package.version,
                                        *said, kernel.release.str()),
                 .where = {},
                 .notes = {"it came from " + package.url},
                 .hint = fmt::format("the attribute uname of {} in the flavor catalogue may not fit this package",
                                     kernel.flavor.distribution)});
  }
}

void compose(const HeaderSources& sources, const std::shared_ptr<const Kernel>& kernel) {
  Staged staged(set_directory(sources.cache, *kernel));
  const fs::path root = staged.path() / "root";
  make_directories(root);
  for (const ArchivePackage& package : header_packages(*kernel))
    add_package(package_directory(sources.cache, package), root, *kernel);
  complete_symvers(root, kernel->release);
  const fs::path tree = tree_below(root, kernel->release);
  if (tree.empty()) {
    throw Error({.code = "headers-unusable",
                 .message = fmt::format("the headers packages of {} hold no tree with Module.symvers", kernel->id()),
                 .where = {},
                 .notes = {"looked for below usr/src and usr/src/kernels, and for symvers.gz, .xz and .zst beside"},
                 .hint = "the flavor catalogue may name the wrong packages"});
  }
  require_release(tree, *kernel);
  const std::shared_ptr<const Kernel> records[] = {kernel};
  write_file(staged.path() / "record.json", kernels_to_text(records));
  staged.publish();
}

/// A store of an earlier kmpack has no shared files.
void share_earlier(const fs::path& cache, const Errands& errands) {
  SharedFiles shared(cache);
  if (shared.is_complete()) return;
  std::error_code absent;
  if (errands.say && !fs::is_empty(store_directory(cache) / "sets", absent) && !absent)
    errands.say("sharing what stored kernels have alike");
  shared.share_all(errands.stop);
}

}  // namespace

void fetch_headers(const HeaderSources& sources, std::span<const std::shared_ptr<const Kernel>> kernels, const Errands& errands) {
  Kernels missing;
  const auto lacks = [&](const auto& kernel) { return !header_packages(*kernel).empty() && !has_headers(sources, *kernel); };
  std::ranges::copy_if(kernels, std::back_inserter(missing), lacks);
  if (missing.empty()) return;
  const FileLock lock = wait_for_lock(store_directory(sources.cache) / "lock", errands.stop);
  sweep_store(sources.cache);
  share_earlier(sources.cache, errands);
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
