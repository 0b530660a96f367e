#include "headers/packages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <thread>

#include "headers/apt_archive.hpp"
#include "headers/rpm_archive.hpp"
#include "headers/shared_files.hpp"
#include "headers/store_layout.hpp"
#include "sys/files.hpp"
#include "sys/pool.hpp"
#include "wrap/archive.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

fs::path download_file(const fs::path& cache, const ArchivePackage& package) {
  return store_directory(cache) / "downloads" / (package.sha256 + (is_rpm(package) ? ".rpm" : ".deb"));
}

std::vector<ArchivePackage> missing_of(const fs::path& cache, std::span<const ArchivePackage> packages) {
  std::vector<ArchivePackage> missing;
  std::set<std::string> seen;
  for (const ArchivePackage& package : packages) {
    if (seen.insert(package.sha256).second && !is_there(package_directory(cache, package))) missing.push_back(package);
  }
  return missing;
}

[[noreturn]] void digest_mismatch(const ArchivePackage& package, std::string reason) {
  throw Error({.code = "package-digest-mismatch",
               .message = fmt::format("{} {} is not what the signed metadata says: {}", package.name, package.version, reason),
               .where = {},
               .notes = {"it came from " + package.url},
               .hint = "kmpack flavors fetch reads the metadata again; if it stays so, do not trust this mirror"});
}

void unpack(const fs::path& cache, const ArchivePackage& package, const Errands& errands) {
  const fs::path file = download_file(cache, package);
  const std::string digest = digest_of_file(file, package.sha256);
  if (digest != package.sha256) {
    fs::remove(file);
    digest_mismatch(package, fmt::format("its digest is {}", digest));
  }
  Staged staged(package_directory(cache, package));
  make_directories(staged.path());
  // lib/modules/*/build points to where the package is installed, in all distributions; nothing here goes through it. What a
  // build reads must stay as it was verified, whoever's makefile runs there.
  const ArchiveSource source = is_rpm(package) ? ArchiveSource(file) : ArchiveSource(file, "data.tar");
  extract_into(source, staged.path(), {.absolute_links = AbsoluteLinks::skip, .modes = FileModes::read_only}, errands.stop);
  // Kernels have most of their headers alike; nothing of an image is like another's.
  if (package.role == ArchiveRole::headers) SharedFiles(cache).share(staged.path(), errands.stop);
  staged.publish();
  fs::remove(file);
}

/// Downloads that were complete when a run was killed are used; anything else is fetched again.
std::vector<ArchivePackage> to_download(const fs::path& cache, std::span<const ArchivePackage> packages) {
  std::vector<ArchivePackage> wanted;
  for (const ArchivePackage& package : packages) {
    const fs::path file = download_file(cache, package);
    if (is_there(file) && digest_of_file(file, package.sha256) == package.sha256) continue;
    fs::remove(file);
    wanted.push_back(package);
  }
  return wanted;
}

AptFailure as_apt_failure(RpmFailure&& failure) {
  const bool wrong = failure.kind == RpmFailure::Kind::wrong_digest;
  return {.source = std::move(failure.source),
          .reason = std::move(failure.reason),
          .kind = wrong ? AptFailure::Kind::wrong_digest : AptFailure::Kind::unreachable};
}

/// debs through libapt-pkg, which knows their archives' proxies and credentials; rpms through the rpm-md child.
std::vector<AptFailure> download_all(const HeaderSources& sources, std::span<const ArchivePackage> packages,
                                     const Errands& errands) {
  std::vector<AptDownload> debs;
  std::vector<RpmDownload> rpms;
  for (const ArchivePackage& package : packages) {
    const fs::path file = download_file(sources.cache, package);
    if (is_rpm(package))
      rpms.push_back({.url = package.url, .digest = package.sha256, .size = package.size, .file = file});
    else
      debs.push_back({.url = package.url, .sha256 = package.sha256, .size = package.size, .file = file});
  }
  std::vector<AptFailure> failures;
  if (!debs.empty()) failures = apt_download(sources, debs, errands);
  if (!rpms.empty())
    std::ranges::transform(rpm_download(sources, rpms, errands), std::back_inserter(failures),
                           [](RpmFailure& failure) { return as_apt_failure(std::move(failure)); });
  return failures;
}

[[noreturn]] void tell_failure(const AptFailure& failure, std::span<const ArchivePackage> packages) {
  // The transport may have been another than the address says: file: is fetched as copy:.
  const auto of_package = std::ranges::find_if(packages, [&](const ArchivePackage& package) {
    return failure.source == package.url ||
           failure.source.substr(failure.source.find(':') + 1) == package.url.substr(package.url.find(':') + 1);
  });
  const std::string name = of_package == packages.end() ? failure.source : of_package->name + " " + of_package->version;
  if (failure.kind == AptFailure::Kind::wrong_digest && of_package != packages.end())
    digest_mismatch(*of_package, failure.reason);
  throw Error({.code = "download-failed",
               .message = fmt::format("{} cannot be downloaded: {}", name, failure.reason),
               .where = {},
               .notes = {"it was to come from " + failure.source},
               .hint = "kmpack flavors fetch reads the archive's metadata again: it may have moved on"});
}

/// What was not the right file is of no use to anybody; apt would keep it for inspection.
void drop_rejected(const fs::path& cache) {
  std::error_code absent;
  std::vector<fs::path> rejected;
  for (const fs::directory_entry& entry : fs::directory_iterator(store_directory(cache) / "downloads", absent)) {
    if (entry.path().extension() != ".deb" && entry.path().extension() != ".rpm") rejected.push_back(entry.path());
  }
  for (const fs::path& file : rejected) fs::remove(file);
}

void announce(std::span<const ArchivePackage> downloads, const Errands& errands) {
  if (!errands.say || downloads.empty()) return;
  double bytes = 0;
  for (const ArchivePackage& wanted : downloads) bytes += static_cast<double>(wanted.size);
  errands.say(fmt::format("fetching {} package{} ({:.1f} MB)", downloads.size(), downloads.size() == 1 ? "" : "s", bytes / 1e6));
}

/// All that can be unpacked is, also when one cannot: the next run then has less to do.
void unpack_all(const fs::path& cache, std::span<const ArchivePackage> packages, const Errands& errands) {
  std::mutex mutex;
  std::exception_ptr first;
  run_jobs(packages.size(), std::max(1U, std::thread::hardware_concurrency()), errands.stop, [&](std::size_t i) {
    try {
      if (!is_there(download_file(cache, packages[i]))) return;
      unpack(cache, packages[i], errands);
    } catch (...) {
      const std::lock_guard guard(mutex);
      if (!first) first = std::current_exception();
    }
  });
  if (errands.stop.stop_requested()) throw Cancelled{};
  if (first) std::rethrow_exception(first);
}

}  // namespace

void ensure_packages(const HeaderSources& sources, std::span<const ArchivePackage> packages, const Errands& errands) {
  const std::vector<ArchivePackage> missing = missing_of(sources.cache, packages);
  if (missing.empty()) return;
  if (!may_download(sources)) {
    throw Error({.code = "headers-absent",
                 .message = fmt::format("{} {} is not in the header store, and nothing may be fetched", missing.front().name,
                                        missing.front().version),
                 .where = {},
                 .notes = {},
                 .hint = "kmpack flavors fetch, where there is a network"});
  }
  make_directories(store_directory(sources.cache) / "downloads");
  const std::vector<ArchivePackage> downloads = to_download(sources.cache, missing);
  announce(downloads, errands);
  const std::vector<AptFailure> failures = download_all(sources, downloads, errands);
  drop_rejected(sources.cache);
  unpack_all(sources.cache, missing, errands);
  if (!failures.empty()) tell_failure(failures.front(), missing);
  const std::vector<ArchivePackage> still = missing_of(sources.cache, missing);
  if (!still.empty()) tell_failure({.source = still.front().url, .reason = "nothing arrived"}, still);
}

void sweep_store(const fs::path& cache) {
  for (const char* part : {"packages", "sets"}) {
    std::error_code absent;
    std::vector<fs::path> left;
    for (const fs::directory_entry& entry : fs::directory_iterator(store_directory(cache) / part, absent)) {
      if (entry.path().filename().string().starts_with('.')) left.push_back(entry.path());
    }
    for (const fs::path& path : left) remove_tree(path);
  }
  SharedFiles(cache).sweep();
}

}  // namespace kmpack
