#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <vector>

#include "kmpack/manifest.hpp"
#include "package/model.hpp"

namespace kmpack {

/// Add to `model` what a package says about itself to people: license and documents of the source, and for deb the copyright file
/// and the changelog that Debian wants. `source` is the patched source tree; empty: what has no file there is told in words.
///
/// Errors:  document-missing.
/// Source:  Debian Policy 12.5, 12.7; copyright-format/1.0.
void add_documents(PackageModel& model, const Manifest& manifest, const std::filesystem::path& source);

/// Text of Debian's copyright file.
std::string debian_copyright(const Manifest& manifest, const std::vector<std::string>& license_texts);
/// Text of a changelog with one entry.
std::string debian_changelog(const PackageModel& model);
/// `Tue Nov 14 2023 22:13:20` in its parts, in UTC and English whatever the locale says.
struct StampParts {
  std::string weekday;
  unsigned day = 0;
  std::string month;
  int year = 0;
  std::string clock;
};
StampParts stamp_parts(std::int64_t epoch);
/// `Name <mail>`, made up where the manifest has none.
std::string maintainer_text(const Maintainer& maintainer);

}  // namespace kmpack
