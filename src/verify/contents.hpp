#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "kmpack/flavor.hpp"
#include "kmpack/names.hpp"

namespace kmpack {

enum class ContentType { file, directory, symlink, other };

/// One thing a package puts on the disk.
struct ContentEntry {
  std::filesystem::path path;  ///< absolute: /lib/modules/…; as stored, not made safe
  ContentType type = ContentType::file;
  unsigned mode = 0;  ///< with setuid, setgid, sticky
  std::string owner;  ///< "root", or the number where the package has no name
  std::string group;
  std::string link;  ///< of a symlink
};

/// A package as its own file tells, in one shape for both formats.
struct PackageContents {
  std::filesystem::path file;
  PackageFamily family = PackageFamily::deb;
  std::string name;
  std::string version;  ///< version-release
  std::string arch;
  std::vector<std::string> needs;  ///< each one relation as written: "kmod", "linux-image-R | linux-image-R-unsigned"
  std::vector<std::string> provides;
  KernelRelease built_for;  ///< as the package says: its modules are those of another kernel; empty: it says nothing of the kind
  std::map<std::string, std::string> scripts;  ///< post_install etc. in the format's own names: postinst, post
  std::vector<ContentEntry> entries;           ///< in archive order
};

/// What a file name says the package's format is. Errors: package-unknown-format.
PackageFamily family_of(const std::filesystem::path& package);

/// Errors: package-unknown-format, and what read_deb and read_rpm_header throw.
PackageContents read_contents(const std::filesystem::path& package, std::stop_token stop = {});

/// A module file of a package, unpacked.
struct UnpackedModule {
  std::filesystem::path installed;  ///< /lib/modules/R/updates/hello/hello.ko
  std::filesystem::path file;       ///< where it was unpacked
};

/// Unpack a package's files below `directory`, hostile-safe, and list its modules in order of path. Errors: archive-unreadable,
/// archive-hostile, disk-full. Throws Cancelled.
std::vector<UnpackedModule> unpack_package(const std::filesystem::path& package, const std::filesystem::path& directory,
                                           std::stop_token stop = {});

/// `/lib/modules/R/…` and `/usr/lib/modules/R/…` -> R.
std::optional<KernelRelease> release_of(const std::filesystem::path& installed);

/// True for an absolute path without `..`, empty parts, NUL or newline.
bool is_safe_path(const std::filesystem::path& path);
/// True when a link at `path` with this target points to something below the same root, and not by an absolute path.
bool link_stays(const std::filesystem::path& path, const std::string& target);

}  // namespace kmpack
