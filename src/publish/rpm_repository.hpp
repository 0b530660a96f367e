#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "sign/openpgp.hpp"

namespace kmpack {

struct RepositoryRequest {
  std::filesystem::path directory;
  std::vector<std::filesystem::path> packages;  ///< rpms, or directories with rpms below them; added to what the directory has
  std::optional<OpenPgpKey> key;                ///< signs packages and metadata; nothing: neither
  std::string url;                              ///< where clients will find it; empty: a file: address
  std::string name;                             ///< of the .repo file; empty: as the directory
};

enum class Arrival { kept, added, newly_signed };

struct PublishedPackage {
  std::filesystem::path path;
  std::string name;
  std::string version;  ///< version-release
  std::string arch;
  Arrival arrival = Arrival::kept;
};

struct PublishedRepository {
  std::filesystem::path directory;
  std::filesystem::path repo_file;
  std::int64_t revision = 0;  ///< seconds since 1970
  std::string url;
  std::string signed_by;  ///< the key's user id; empty: unsigned
  std::string fingerprint;
  std::vector<PublishedPackage> packages;
};

/// Make a directory an rpm-md repository of the packages that it has and of those given.
///
/// Shape:   packages given are copied and stay as they are; with a key the copies are signed. Runs on one directory take turns.
/// Who
///          reads meanwhile, or after `kill -9`, finds the repository as it was or as it is to be; only where packages that the
///          repository had already are signed anew may their digests be ahead of the metadata for a moment.
/// Units:   the revision is SOURCE_DATE_EPOCH, or else the newest package's build time.
/// Errors:  rpm-unreadable, rpm-digest-wrong, repository-conflict, repository-empty, repository-signed (it is, and no key was
/// given),
///          openpgp-*, rpm-md-unwritable, file-unwritable, disk-full. Throws Cancelled.
/// Threads: none beside others that use librpm (write_rpm_md).
PublishedRepository publish_rpms(const RepositoryRequest& request, CommandRunner& runner, const std::stop_token& stop);

}  // namespace kmpack
