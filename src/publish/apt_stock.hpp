#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace kmpack {

/// A package that is in an APT repository, or comes into it.
struct StockedDeb {
  std::filesystem::path file;  ///< where it lies
  std::string location;        ///< below the repository
  std::string name;
  std::string version;
  std::string arch;     ///< Debian's name, or all
  std::string section;  ///< as Contents names it: section/name
  std::string sha256;
  std::uint64_t size = 0;
  std::string stanza;                ///< its lines in Packages, the last with its newline
  std::vector<std::string> members;  ///< paths that are no directories, without first slash; only of those read from disk

  /// What two different packages must not share: name_version_arch.
  [[nodiscard]] std::string identity() const { return name + "_" + version + "_" + arch; }
};

/// Read a deb from disk: its control file as a stanza of Packages, with where it is to lie, its size and SHA-256.
///
/// Shape:   pool/COMPONENT/LETTER/SOURCE/NAME_VERSION_ARCH.deb, the version without its epoch. Fields that only an archive may
///          tell (Filename, Size, digests) are ours whatever the control file says.
/// Errors:  deb-unreadable (also for a name, version or architecture that Policy does not allow), deb-hostile-path,
///          deb-control-invalid, archive-unreadable, file-unreadable. Throws Cancelled.
/// Source:  Debian Policy 5.6.1, 5.6.8, 5.6.12; deb-version(7); wiki.debian.org/DebianRepository/Format, "Packages Indices".
StockedDeb read_stocked_deb(const std::filesystem::path& file, std::string_view component, const std::stop_token& stop);

/// The packages of a Packages file; `directory` is the repository.
///
/// Errors:  deb-control-invalid, repository-damaged for a stanza without what clients need.
std::vector<StockedDeb> parse_packages(std::string_view text, const std::string& name, const std::filesystem::path& directory);

/// Every .deb and .ddeb that is given or lies below a directory given, sorted within each; hidden ones are not looked at.
/// Links to files count, links to directories are not followed.
///
/// Errors:  file-unreadable for what is not there.
std::vector<std::filesystem::path> debs_of(std::span<const std::filesystem::path> given);

}  // namespace kmpack
