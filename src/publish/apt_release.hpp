#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace kmpack {

/// What a suite's Release file says.
struct AptRelease {
  struct Entry {
    std::string sha256;
    std::uint64_t size = 0;
    bool operator==(const Entry&) const = default;
  };
  std::string label;  ///< Origin and Label
  std::string suite;
  std::set<std::string> components;
  std::set<std::string> architectures;
  std::int64_t date = 0;         ///< seconds since 1970
  std::int64_t valid_until = 0;  ///< likewise; 0: for ever
  std::map<std::string, Entry> files;
};

/// `Sat, 21 Nov 2026 16:52:10 UTC`, whatever the locale. Source: wiki.debian.org/DebianRepository/Format, "Date".
std::string apt_date(std::int64_t time);

/// Source:  wiki.debian.org/DebianRepository/Format, "Release files".
std::string release_text(const AptRelease& release);

/// Errors:  deb-control-invalid, repository-damaged. A date that is not as apt_date writes it is 0.
AptRelease parse_release(std::string_view text, const std::string& name);

/// Where clients that know a digest find a list, whatever has come after it: DIRECTORY/by-hash/SHA256/DIGEST.
std::string by_hash(std::string_view list, std::string_view sha256);

}  // namespace kmpack
