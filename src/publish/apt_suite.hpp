#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "publish/apt_contents.hpp"
#include "publish/apt_release.hpp"
#include "publish/apt_stock.hpp"
#include "sign/openpgp.hpp"

namespace kmpack {

/// One suite of an APT repository: what it lists.
struct AptSuite {
  std::string name;
  std::optional<AptRelease> release;  ///< as it is on disk; nothing: new
  std::set<std::string> signers;      ///< fingerprints of the primary keys that signed that; none: unsigned
  /// Component -> identity -> package.
  std::map<std::string, std::map<std::string, StockedDeb>> stock;
  /// Component -> architecture -> files, as on disk.
  std::map<std::string, std::map<std::string, AptContents>> contents;
  std::vector<StockedDeb> gone;  ///< those listed on disk whose files are not in the pool any more
};

/// Names of the suites that a repository has, sorted; links among them are not told.
std::vector<std::string> suites_of(const std::filesystem::path& directory);

/// Read a suite's lists, by the digests that its signed Release has; no package is read.
///
/// Errors:  repository-damaged, repository-untrusted, deb-control-invalid, compressed-damaged, file-unreadable, tool-missing
/// (gpg).
///          Throws Cancelled.
AptSuite read_suite(const std::filesystem::path& directory, const std::string& name, CommandRunner& runner,
                    const std::stop_token& stop);

struct SuiteSigning {
  std::optional<OpenPgpKey> key;
  std::string label;                   ///< of the repository
  std::optional<unsigned> valid_days;  ///< nothing: as many as before
  std::int64_t now = 0;                ///< what Date is to say
  std::int64_t clock = 0;              ///< what the time is
};

/// When a suite that is made anew is of, and when clients are to refuse it; 0: never.
struct SuiteTerm {
  std::int64_t date = 0;
  std::int64_t valid_until = 0;
};

/// Shape:   a date never goes back, since a client that has seen a later one takes an earlier one for an attempt to turn the
/// clock
///          back; but one that is ahead of the clock was a mistake, and goes.
/// Errors:  repository-expired when the term would have ended before it begins.
SuiteTerm term_of(const AptSuite& suite, const SuiteSigning& signing);

/// Write dists/SUITE anew and put it in place at once: lists, Release, with a key InRelease and Release.gpg.
///
/// Shape:   who has read a Release of the last generations finds the lists that it names by their digests. Nothing is touched
/// when
///          all would be as it is. Whatever the umask is, everybody may read it.
/// Returns: the date of what is in place.
/// Errors:  openpgp-*, file-unwritable, disk-full, repository-expired, repository-damaged, those of read_stocked_deb. Throws
/// Cancelled.
std::int64_t write_suite(const std::filesystem::path& directory, const AptSuite& suite, const SuiteSigning& signing,
                         CommandRunner& runner, const std::stop_token& stop);

}  // namespace kmpack
