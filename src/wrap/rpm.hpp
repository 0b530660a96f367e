#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace kmpack {

/// `name`, or `name = version`.
struct RpmRelation {
  std::string name;
  std::string compare;  ///< "", "<", "<=", "=", ">=", ">"
  std::string version;

  /// `kmod-hello = 1.0-1`
  [[nodiscard]] std::string text() const { return compare.empty() ? name : name + " " + compare + " " + version; }
};

struct RpmScript {
  std::string phase;        ///< pre, post, preun, postun, pretrans, posttrans
  std::string interpreter;  ///< /bin/sh
  std::string text;
};

struct RpmFile {
  std::string path;
  unsigned mode = 0;  ///< with the file type bits of st_mode
  std::uint64_t size = 0;
  std::int64_t mtime = 0;
  std::string digest;  ///< lower-case hex of regular files
  std::string link;
  std::string owner;
  std::string group;
  bool config = false;
  bool doc = false;
  bool license = false;
};

/// What the header of an .rpm says.
struct RpmHeader {
  std::string name;
  std::string epoch;  ///< empty: none
  std::string version;
  std::string release;
  std::string arch;  ///< "src" for a source package
  std::string summary;
  std::string description;
  std::string license;
  std::string url;
  std::string vendor;
  std::string packager;
  std::string build_host;
  std::int64_t build_time = 0;
  std::string payload_format;          ///< cpio
  std::string payload_compressor;      ///< zstd
  unsigned file_digest_algorithm = 0;  ///< OpenPGP number: 8 is SHA-256
  std::string header_digest;           ///< SHA-256 of what signing does not change: header, and with it the payload
  bool signed_package = false;         ///< carries an OpenPGP signature; that it is good is not said
  std::vector<RpmRelation> requires_;  ///< rpmlib() features left out
  std::vector<RpmRelation> provides;
  std::vector<RpmRelation> conflicts;
  std::vector<RpmRelation> obsoletes;
  std::vector<RpmRelation> recommends;
  std::vector<RpmScript> scripts;
  std::vector<RpmFile> files;
};

/// Read a package's header and check its digests over header and payload. No rpm database and no configuration of the host is
/// read.
///
/// Errors:  rpm-unreadable (absent, not an rpm, truncated), rpm-digest-wrong.
/// Threads: safe from many; they take turns, because librpm cannot be used from two.
/// Source:  rpm docs/manual/format.md.
RpmHeader read_rpm_header(const std::filesystem::path& file);

}  // namespace kmpack
