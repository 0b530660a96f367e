#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace kmpack {

/// Whose sources, keys and proxies are used, and where what is fetched is kept. Nothing of the system's own state is written.
struct AptPlaces {
  std::filesystem::path etc;               ///< sources, trusted keys, apt.conf.d; empty: /etc/apt
  std::filesystem::path state;             ///< ours
  std::filesystem::path lists;             ///< ours below `state`, or the system's for reading
  std::vector<std::string> architectures;  ///< Debian's names; the first counts as apt's own
};

/// A source that could not be used, and why.
struct AptFailure {
  std::string source;  ///< its address
  std::string reason;
  enum class Kind { unreachable, unsigned_metadata, wrong_digest } kind = Kind::unreachable;
};

/// One stanza of a Packages file that came with a signed Release.
struct AptPackage {
  std::string name;
  std::string version;
  std::string arch;
  std::string depends;
  std::string url;
  std::string sha256;
  std::uint64_t size = 0;
  std::string origin;    ///< of the Release file that vouches for it: Debian, Ubuntu; may be empty
  std::string codename;  ///< bookworm, noble-updates
};

struct AptDownload {
  std::string url;
  std::string sha256;
  std::uint64_t size = 0;
  std::filesystem::path file;  ///< where it is to be; its directory exists
};

/// Set libapt-pkg up. Once in a process, before anything else here: its configuration is global.
///
/// Errors:  apt-failed.
void start_apt(const AptPlaces& places);

/// Fetch the signed indices of all sources, for all architectures, into places.lists.
///
/// Shape:   unsigned, weakly signed or forged metadata is never stored, whatever the system's configuration allows. A source that
///          fails is told of and does not keep the others from coming in.
/// Errors:  apt-failed (the sources cannot be read).
/// Source:  apt-secure(8); sources.list(5); apt.conf(5).
std::vector<AptFailure> update_apt();

/// Every package whose name starts with one of `prefixes` (`*` in them is anything), sorted by name and architecture, the newest
/// version first; none of indices whose Release is not signed: those are told of in `failures`.
///
/// Errors:  apt-failed.
std::vector<AptPackage> list_apt(std::span<const std::string> prefixes, std::vector<AptFailure>& failures);

/// Download files, each checked against its size and SHA-256. One that fails is told of; nothing is left in its place.
std::vector<AptFailure> download_apt(std::span<const AptDownload> downloads);

}  // namespace kmpack
