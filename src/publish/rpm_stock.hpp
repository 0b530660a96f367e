#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace kmpack {

/// An rpm that is in a repository, or comes into it.
struct StockedRpm {
  std::filesystem::path file;  ///< where it lies
  std::string location;        ///< where it is to lie below the repository
  std::string identity;        ///< name-epoch:version-release.arch
  std::string content;         ///< digest of its header, which holds the digests of all else; the same before and after signing
  std::string name;
  std::string version;  ///< version-release
  std::string arch;     ///< src for a source package
  std::int64_t build_time = 0;
};

/// Is there an rpm below a directory that read_stock would find?
bool has_rpms(const std::filesystem::path& directory);

/// Every rpm in a repository's directory; hidden files and directories are not looked into.
///
/// Errors:  those of read_rpm_header; repository-conflict. Throws Cancelled.
std::vector<StockedRpm> read_stock(const std::filesystem::path& directory, const std::stop_token& stop);

/// Those of `given` (rpms, or directories with rpms below them) that are not in stock yet, each to lie in a folder named for its
/// architecture.
///
/// Shape:   one that is in stock with the same content is left out, signed or not.
/// Errors:  as read_stock; repository-conflict for another content under one identity; file-unreadable for what is not there.
std::vector<StockedRpm> choose_incoming(std::span<const std::filesystem::path> given, std::span<const StockedRpm> stock,
                                        const std::stop_token& stop);

}  // namespace kmpack
