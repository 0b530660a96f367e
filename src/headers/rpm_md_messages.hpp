#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "flavors/catalogue.hpp"
#include "wrap/download.hpp"
#include "wrap/rpm_md.hpp"

namespace kmpack {

/// A package as a repository or a file on this disk offers it.
struct RpmPackage {
  RpmMdPackage facts;
  std::string url;
};

/// What failed about a repository or a download, and how.
struct RpmFailure {
  std::string source;  ///< an address
  std::string reason;
  enum class Kind { unreachable, unsigned_metadata, wrong_digest } kind = Kind::unreachable;
};

/// One file to fetch, with what it must be.
struct RpmDownload {
  std::string url;
  std::string digest;
  std::uint64_t size = 0;
  std::filesystem::path file;
};

/// What kmpack and its rpm-md child say to each other: one JSON file each way.
struct RpmMdRequest {
  std::string url;  ///< rpm-md-index: of the repository, all places filled in
  CatalogueRepository::Kind kind = CatalogueRepository::Kind::base;
  std::filesystem::path key;
  std::filesystem::path state;         ///< rpm-md-index: the repository's directory in the cache
  bool update = false;                 ///< rpm-md-index: fetch first
  std::vector<std::string> names;      ///< rpm-md-index: packages that matter
  std::vector<std::string> prefixes;   ///< rpm-md-index: what names of others that matter begin with
  std::vector<RpmDownload> downloads;  ///< rpm-md-fetch
  std::filesystem::path answer;
};

struct RpmMdAnswer {
  std::string key;  ///< what it was made of; set by who asked
  std::vector<RpmPackage> packages;
  std::vector<RpmFailure> failures;
};

/// Errors:  file-unwritable, file-unreadable, rpm-md-failed (it does not read as a request or answer).
void write_rpm_md_request(const std::filesystem::path& file, const RpmMdRequest& request);
RpmMdRequest read_rpm_md_request(const std::filesystem::path& file);
void write_rpm_md_answer(const std::filesystem::path& file, const RpmMdAnswer& answer);
RpmMdAnswer read_rpm_md_answer(const std::filesystem::path& file);

}  // namespace kmpack
