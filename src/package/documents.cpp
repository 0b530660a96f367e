#include "package/documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "package/deb_names.hpp"
#include "package/naming.hpp"
#include "sys/files.hpp"
#include "wrap/archive.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

struct CommonLicense {
  std::string_view spdx;
  std::string_view debian;  ///< short name in copyright files
  std::string_view file;    ///< below /usr/share/common-licenses
};

// Source: base-files of Debian 12; https://spdx.org/licenses. The old SPDX names are still what sources write.
constexpr auto kCommonLicenses = std::to_array<CommonLicense>({
    {"GPL-1.0-only", "GPL-1", "GPL-1"},
    {"GPL-1.0-or-later", "GPL-1+", "GPL-1"},
    {"GPL-2.0", "GPL-2", "GPL-2"},
    {"GPL-2.0-only", "GPL-2", "GPL-2"},
    {"GPL-2.0+", "GPL-2+", "GPL-2"},
    {"GPL-2.0-or-later", "GPL-2+", "GPL-2"},
    {"GPL-3.0", "GPL-3", "GPL-3"},
    {"GPL-3.0-only", "GPL-3", "GPL-3"},
    {"GPL-3.0-or-later", "GPL-3+", "GPL-3"},
    {"LGPL-2.1-only", "LGPL-2.1", "LGPL-2.1"},
    {"LGPL-2.1-or-later", "LGPL-2.1+", "LGPL-2.1"},
    {"Apache-2.0", "Apache-2.0", "Apache-2.0"},
    {"MPL-2.0", "MPL-2.0", "MPL-2.0"},
});

const CommonLicense* find_license(std::string_view spdx) {
  const auto* found = std::ranges::find(kCommonLicenses, spdx, &CommonLicense::spdx);
  return found == kCommonLicenses.end() ? nullptr : found;
}

/// The common licenses of an expression, when all its parts are such.
std::vector<const CommonLicense*> all_common(std::string_view expression) {
  std::vector<const CommonLicense*> found;
  for (std::string word : words(expression)) {
    std::erase_if(word, [](char letter) { return letter == '(' || letter == ')'; });
    if (word == "OR" || word == "AND" || word.empty()) continue;
    const CommonLicense* license = find_license(word);
    if (license == nullptr) return {};
    found.push_back(license);
  }
  return found;
}

std::string folded(std::string_view text) {
  std::string out;
  std::string_view rest = text;
  while (rest.ends_with('\n')) rest.remove_suffix(1);
  const std::string plain = plain_text(rest);
  for (std::string_view line : split(plain, '\n')) {
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) line.remove_suffix(1);
    out += line.empty() ? " .\n" : fmt::format(" {}\n", line);
  }
  return out;
}

/// The file in the source that a manifest's relative path names; it must not lead out, not even through a link.
fs::path found_document(const fs::path& source, const fs::path& relative, const Manifest& manifest) {
  std::error_code error;
  const fs::path root = fs::canonical(source, error);
  const fs::path file = error ? fs::path{} : fs::canonical(source / relative, error);
  const bool inside = !error && is_safe_relative(relative) && !file.lexically_relative(root).native().starts_with("..");
  if (inside && fs::is_regular_file(file, error)) return file;
  throw Error({.code = "document-missing",
               .message = fmt::format("the source has no file '{}' inside it", relative.string()),
               .where = SourceSpan{.file = manifest.file},
               .notes = {"the manifest names it as a license or document"},
               .hint = "correct the path; it counts from the source root"});
}

std::string gzip(std::string_view text) {
  ArchiveWriter writer({.format = ArchiveFormat::raw, .filter = ArchiveFilter::gzip, .level = 9});
  writer.add({.name = "changelog"}, text);
  return writer.finish_bytes();
}

/// What lintian says of such packages, with the reason why it stays so.
///
/// Source:  lintian(1), "Overrides"; Debian Policy 12.5.
std::string lintian_overrides(const std::string& package, const KernelRelease& built_for) {
  std::string overrides = fmt::format(
      "# Who holds the rights, and since when, is in the notices of the source: no manifest tells.\n"
      "{0}: copyright-without-copyright-notice\n"
      "# No bug of Debian's asks for this package.\n"
      "{0}: initial-upload-closes-no-bugs\n",
      package);
  if (!built_for.empty()) {
    overrides += fmt::format(
        "# Who looks for packages whose modules were built for another kernel looks for this field.\n"
        "{0}: unknown-field Kmpack-Built-For\n",
        package);
  }
  return overrides;
}

void add_debian_papers(PackageModel& model, const Manifest& manifest, const fs::path& source, const fs::path& directory) {
  std::vector<std::string> texts;
  for (const fs::path& license : manifest.install.licenses) {
    if (!source.empty()) texts.push_back(read_file(found_document(source, license, manifest)));
  }
  model.files.push_back(
      {.path = directory / "copyright", .kind = FileKind::license, .content = debian_copyright(manifest, texts)});
  const std::string changelog = debian_changelog(manifest, model.epoch);
  model.files.push_back({.path = directory / "changelog.Debian.gz", .kind = FileKind::document, .content = gzip(changelog)});
  model.files.push_back(
      {.path = fs::path(kLintianOverrides) / model.name, .content = lintian_overrides(model.name, model.built_for)});
}

}  // namespace

std::string maintainer_text(const Maintainer& maintainer) {
  const auto without = [](std::string_view text, std::string_view signs) {
    std::string kept(text);
    std::erase_if(kept, [&](char letter) { return signs.find(letter) != std::string_view::npos; });
    return one_line(kept);
  };
  const std::string name = without(maintainer.name, "<>");
  std::string mail = without(maintainer.mail, "<> \t\r\n");
  if (mail.empty()) mail = "nobody";
  if (mail.find('@') == std::string::npos) mail += "@localhost";
  return fmt::format("{} <{}>", name.empty() ? "nobody" : name, mail);
}

std::string debian_copyright(const Manifest& manifest, const std::vector<std::string>& license_texts) {
  std::string text = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n";
  text += fmt::format("Upstream-Name: {}\n", one_line(manifest.name.str()));
  if (!manifest.url.empty()) text += fmt::format("Source: {}\n", one_line(manifest.url));
  text += fmt::format("\nFiles: *\nCopyright: the authors of {}, as its source names them\n", manifest.name.str());
  const std::vector<const CommonLicense*> common = all_common(manifest.license);
  if (common.size() == 1) {
    // The full text of a common license must not be repeated in each package (Debian Policy 12.5).
    return text +
           fmt::format("License: {0}\n On Debian systems, the text of this license is in\n /usr/share/common-licenses/{1}.\n",
                       common.front()->debian, common.front()->file);
  }
  const std::string name = manifest.license.empty() ? "unknown" : one_line(manifest.license);
  text += fmt::format("License: {}\n", name);
  if (!common.empty()) {
    text += " On Debian systems, the texts of these licenses are in\n";
    for (const CommonLicense* license : common) text += fmt::format(" /usr/share/common-licenses/{}\n", license->file);
  } else if (license_texts.empty()) {
    text += fmt::format(" The source of {} states its license; as an SPDX expression it is\n {}.\n", manifest.name.str(), name);
  }
  if (common.empty()) {
    for (const std::string& license : license_texts) text += folded(license);
  }
  return text;
}

StampParts stamp_parts(std::int64_t epoch) {
  using namespace std::chrono;
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds when{seconds{epoch}};
  const sys_days midnight = floor<days>(when);
  const year_month_day date{midnight};
  const hh_mm_ss clock{when - midnight};
  return {.weekday = kDays.at(weekday{midnight}.c_encoding()),
          .day = static_cast<unsigned>(date.day()),
          .month = kMonths.at(static_cast<unsigned>(date.month()) - 1),
          .year = static_cast<int>(date.year()),
          .clock = fmt::format("{:02}:{:02}:{:02}", clock.hours().count(), clock.minutes().count(), clock.seconds().count())};
}

std::string debian_changelog(const Manifest& manifest, std::int64_t epoch) {
  const StampParts stamp = stamp_parts(epoch);
  return fmt::format("{} ({}-{}) unstable; urgency=medium\n\n  * Kernel modules of {} {}.\n\n -- {}  {}, {:02} {} {} {} +0000\n",
                     deb_source_name(manifest), deb_version_part(manifest.version), deb_version_part(manifest.release),
                     one_line(manifest.name.str()), one_line(manifest.version), maintainer_text(manifest.maintainer),
                     stamp.weekday, stamp.day, stamp.month, stamp.year, stamp.clock);
}

void add_documents(PackageModel& model, const Manifest& manifest, const fs::path& source) {
  const fs::path documents = fs::path("/usr/share/doc") / model.name;
  const fs::path licenses = fs::path("/usr/share/licenses") / model.name;
  if (model.format == Format::deb) add_debian_papers(model, manifest, source, documents);
  if (source.empty()) return;
  std::set<fs::path> taken;
  for (const PackedFile& file : model.files) taken.insert(file.path);
  const auto add = [&](const fs::path& relative, const fs::path& directory, FileKind kind) {
    fs::path place = directory / relative.lexically_normal();
    check_packed_path(place.native());
    if (!taken.insert(place).second) return;
    model.files.push_back({.path = std::move(place), .kind = kind, .source = found_document(source, relative, manifest)});
  };
  for (const fs::path& document : manifest.install.documents) add(document, documents, FileKind::document);
  // Debian's copyright file holds or names the license already.
  if (model.format == Format::deb) return;
  for (const fs::path& license : manifest.install.licenses) add(license, licenses, FileKind::license);
}

}  // namespace kmpack
