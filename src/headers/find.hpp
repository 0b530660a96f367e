#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "flavors/catalogue.hpp"
#include "flavors/select.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// How the archive's metadata may be used.
enum class Metadata {
  none,    ///< not at all: only kernels on this disk
  stored,  ///< what was fetched earlier, by kmpack or by the system; no network
  recent,  ///< fetched when what is stored is older than half a day or lacks an architecture
  refresh  ///< fetched; and where the archive has a newer build of a stored kernel, the archive's is taken
};

/// May a package that the store lacks be downloaded? Never without metadata of archives.
enum class Downloads { allowed, forbidden };

/// Where kernels and their headers may come from.
struct HeaderSources {
  std::vector<std::filesystem::path> given;  ///< --headers: a tree, or a root with usr/src/linux-headers-* below
  std::filesystem::path root = "/";          ///< where installed trees are looked for
  std::filesystem::path cache;               ///< header store and APT state
  Metadata metadata = Metadata::stored;
  Downloads downloads = Downloads::allowed;
  std::filesystem::path apt_etc;                              ///< stands in for /etc/apt; empty: the system's own
  std::filesystem::path system_lists = "/var/lib/apt/lists";  ///< read where kmpack has fetched nothing of its own
  std::filesystem::path program =
      "/proc/self/exe";  ///< answers `internal apt-index` and `internal apt-fetch` with run_apt_child()
};

inline bool may_download(const HeaderSources& sources) noexcept {
  return sources.metadata != Metadata::none && sources.downloads == Downloads::allowed;
}

/// What a stage needs to work outside this process.
struct Errands {
  CommandRunner& runner;
  std::stop_token stop;
  std::function<void(const std::string&)> say;  ///< told "fetching …"; may be empty
};

/// Every kernel that can be built for, from all sources; of one flavor and release the first source counts, in the order of the
/// fields of HeaderSources.
///
/// Shape:   `wanted` decides for which architectures metadata is fetched; empty: this machine's. Sorted by flavor and release.
/// Errors:  reports archive-unreachable, archive-unsigned (warnings while other sources have kernels), headers-unusable (a given
///          directory; a kernel of which an archive lacks a part: an error when it was named or nothing else can stand for it).
///          Throws process-failed, file-unwritable, Cancelled.
/// Threads: one call per cache waits for another, in this process or any other.
Kernels find_kernels(const HeaderSources& sources, std::span<const Catalogue> catalogues, std::span<const FlavorPattern> wanted,
                     const Errands& errands, Diagnostics& problems);

}  // namespace kmpack
