#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wrap/rpm.hpp"

namespace kmpack {

/// One file that repomd.xml names, or a metalink: a digest and where it lies.
struct RpmMdFile {
  std::string type;      ///< primary
  std::string location;  ///< below the repository
  std::string digest;    ///< lower-case hex: 64 digits of SHA-256 or 128 of SHA-512
  std::uint64_t size = 0;
};

/// One package of primary.xml.
struct RpmMdPackage {
  std::string name;
  std::string arch;
  std::string epoch;  ///< "0" and nothing are the same
  std::string version;
  std::string release;
  std::string location;  ///< below the repository, as the metadata has it: hostile until checked
  std::string base;      ///< xml:base: a web address that stands in for the repository's; nearly always empty
  std::string digest;    ///< as RpmMdFile::digest; empty when the metadata has a weaker one only
  std::uint64_t size = 0;
  std::vector<RpmRelation> requires_;
};

/// What a repomd.xml names that has a digest worth its name; others are left out.
///
/// Errors:  rpm-md-invalid.
/// Source:  createrepo_c, doc of repomd.xml; measured: openSUSE writes sha512, Red Hat and Fedora sha256.
std::vector<RpmMdFile> parse_repomd(std::string_view text, const std::filesystem::path& file);

/// The mirrors that a mirror list or a metalink names, each a repository's address; in their order, no ftp, no rsync.
///
/// Errors:  rpm-md-invalid (a metalink that is no XML).
/// Source:  Metalink 3.0 as MirrorManager writes it; dnf.conf(5), mirrorlist and metalink.
std::vector<std::string> parse_mirrors(std::string_view text, const std::filesystem::path& file);

/// Every package of a primary.xml, compressed or not, whose name `wanted` likes.
///
/// Shape:   streamed: the file is never in memory, and of packages that are not wanted nothing is kept.
/// Units:   60,000 packages (149 MB unpacked) take 0.9 s with gzip, 0.5 s with zstd, and 10 MiB (tests/bench/primary).
/// Errors:  rpm-md-invalid (truncated, no XML, a document type), archive-unreadable (not what its compression says).
/// Threads: safe from many.
/// Source:  createrepo_c 0.17.3 is Debian 12's, and reads no zstd, which Fedora and openSUSE Tumbleweed publish: hence libxml2.
std::vector<RpmMdPackage> read_primary(const std::filesystem::path& file, const std::function<bool(std::string_view)>& wanted);

/// How rpm orders `[epoch:]version[-release]`: below, equal or above 0.
int compare_rpm_versions(const RpmMdPackage& left, const RpmMdPackage& right);

}  // namespace kmpack
