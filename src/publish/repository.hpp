#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sign/openpgp.hpp"

namespace kmpack {

struct RepositoryRequest {
  std::filesystem::path directory;
  std::vector<std::filesystem::path> packages;  ///< files, or directories with packages below; added to what the directory has
  std::optional<OpenPgpKey> key;                ///< signs metadata, and rpms; nothing: neither
  std::string url;                              ///< where clients will find it; empty: a file: address
  std::string name;                             ///< of the .repo or .sources file; empty: as the directory
};

enum class Arrival { kept, added, newly_signed, removed };

struct PublishedPackage {
  std::filesystem::path path;
  std::string name;
  std::string version;  ///< version-release, or Debian's
  std::string arch;
  Arrival arrival = Arrival::kept;
};

struct PublishedRepository {
  std::filesystem::path directory;
  std::vector<std::filesystem::path> client_files;  ///< .repo or .sources
  std::int64_t revision = 0;                        ///< seconds since 1970
  std::string url;
  std::string signed_by;  ///< the key's user id; empty: unsigned
  std::string fingerprint;
  std::vector<PublishedPackage> packages;
};

}  // namespace kmpack
