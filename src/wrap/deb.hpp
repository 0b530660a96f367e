#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wrap/archive.hpp"

namespace kmpack {

/// One paragraph of a deb822 text, fields in file order; folded lines joined by newlines, a ` .` line being an empty one.
struct Deb822Paragraph {
  std::vector<std::pair<std::string, std::string>> fields;

  /// Value of a field, names compared without case; empty when absent.
  [[nodiscard]] std::string_view field(std::string_view name) const noexcept;
};

/// Errors:  deb-control-invalid (a line that is no field, a field twice), naming `name` and the line.
/// Source:  deb822(5).
std::vector<Deb822Paragraph> parse_deb822(std::string_view text, const std::string& name);

/// One member of data.tar; the path is absolute and clean (`/lib/modules/…`), directories without a final slash.
struct DebFile {
  std::string path;
  MemberType type = MemberType::file;
  std::uint64_t size = 0;
  unsigned mode = 0644;
  std::int64_t mtime = 0;
  std::string link;
  std::string owner;
  std::string group;
  std::string sha256;  ///< of files
};

/// What a .deb on disk says. Nothing of it is trusted or unpacked.
struct DebPackage {
  Deb822Paragraph control;
  std::map<std::string, std::string> scripts;  ///< preinst, postinst, prerm, postrm
  std::vector<std::string> conffiles;
  std::map<std::string, std::string> md5sums;  ///< path without leading slash -> digest
  std::string triggers;
  std::vector<DebFile> files;  ///< in archive order, without the root directory
};

/// Errors:  deb-unreadable (not a deb, version other than 2.x, a member missing or in disorder), deb-hostile-path (absolute,
/// `..`),
///          deb-control-invalid, archive-unreadable. Throws Cancelled.
/// Threads: safe from many.
/// Source:  deb(5).
DebPackage read_deb(const std::filesystem::path& file, std::stop_token stop = {});

}  // namespace kmpack
