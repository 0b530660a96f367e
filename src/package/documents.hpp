#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

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

inline constexpr std::string_view kLintianOverrides = "/usr/share/lintian/overrides";

/// Text of Debian's copyright file.
std::string debian_copyright(const Manifest& manifest, const std::vector<std::string>& license_texts);
/// Text of the changelog of the source package, with one entry: what `debian/changelog` holds, and each of the source's packages.
/// `epoch` is SOURCE_DATE_EPOCH; without it those of several kernels differ, and the source has the newest.
///
/// Errors:  package-name-invalid.
/// Source:  Debian Policy 4.4, 12.7.
std::string debian_changelog(const Manifest& manifest, std::int64_t epoch);
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
