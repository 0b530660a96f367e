#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "manifest/dkms/import.hpp"
#include "manifest/identity.hpp"
#include "manifest/reading.hpp"

namespace kmpack {
namespace {

constexpr std::string_view kPlaceholder = "#MODULE_VERSION#";

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_plain(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '+' || c == '~';
}

void warn(std::string_view code, std::string message, const Manifest& manifest, std::string hint, Diagnostics& problems) {
  problems.report({.severity = Severity::warning,
                   .code = code,
                   .message = std::move(message),
                   .where = SourceSpan{manifest.file, 0, 0},
                   .notes = {},
                   .hint = std::move(hint)});
}

/// `1.0-rc1` is older than 1.0, and `~` is how both formats say that.
bool is_before_release(std::string_view rest) {
  constexpr auto kWords = std::to_array<std::string_view>({"rc", "alpha", "beta", "pre"});
  return std::ranges::any_of(kWords, [&](std::string_view word) { return rest.starts_with(word); });
}

/// The nearest version that both formats take, empty when nothing of the text can be one.
std::string as_version(std::string_view text) {
  while (!text.empty() && !is_digit(text.front())) text.remove_prefix(1);
  std::string version;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = text[i] == '-' && is_before_release(text.substr(i + 1));
    version += is_plain(text[i]) ? text[i] : dash ? '~' : '.';
  }
  return version;
}

struct VersionAndRelease {
  std::string version;
  std::string release = "1";
};

/// What stands after the last `-` is the release when it reads as one: 0.8-2, 1.2-0.1.
VersionAndRelease divided(const std::string& text) {
  const std::size_t dash = text.rfind('-');
  if (dash != std::string::npos && dash + 1 < text.size() && is_digit(text[dash + 1])) {
    const std::string release = text.substr(dash + 1);
    if (is_release_text(release)) return {.version = as_version(std::string_view(text).substr(0, dash)), .release = release};
  }
  return {.version = as_version(text), .release = "1"};
}

void set_version(Manifest& manifest, const std::string& text, Diagnostics& problems) {
  if (text == kPlaceholder) {
    warn("dkms-version-changed", fmt::format("PACKAGE_VERSION is {}, which dh_dkms would replace", shown(text)), manifest,
         "the version of the package comes from MODULE_VERSION in the sources", problems);
    return;
  }
  constexpr std::size_t kLongest = 100;
  if (is_version_text(text) && text.size() <= kLongest) {
    manifest.version = text;
    return;
  }
  VersionAndRelease found = divided(text);
  if (text.find('/') != std::string::npos || text.size() > kLongest) {
    problems.report(
        {.code = "dkms-version-unusable",
         .message = fmt::format("PACKAGE_VERSION {} is no version", shown(text.substr(0, kLongest))),
         .where = SourceSpan{manifest.file, 0, 0},
         .notes = {},
         .hint = "dkms makes a directory of that name: write digits, letters, '.', '+', '~' and '-', without a slash"});
    return;
  }
  if (!is_version_text(found.version)) found.version = "0";
  manifest.version = found.version;
  manifest.release = found.release;
  warn("dkms-version-changed",
       fmt::format("PACKAGE_VERSION {} becomes version '{}' and release '{}', as both formats can have them", shown(text),
                   found.version, found.release),
       manifest, "say in a kmpack.xml which version and release you want", problems);
}

}  // namespace

std::string without_dkms(std::string name) {
  constexpr std::string_view kEnd = "-dkms";
  if (!name.ends_with(kEnd)) return name;
  std::string shorter = name.substr(0, name.size() - kEnd.size());
  return is_package_name_text(shorter) ? shorter : name;
}

void set_dkms_identity(Manifest& manifest, const std::string& name, const std::string& version, Diagnostics& problems) {
  std::string usable = is_package_name_text(name) ? name : as_package_name(name);
  // Behind a name these tell apt to remove or to install it.
  while (usable.ends_with('-') || usable.ends_with('+')) usable.pop_back();
  if (!is_package_name_text(usable)) {
    problems.report({.code = "dkms-name-unusable",
                     .message = fmt::format("PACKAGE_NAME {} cannot be made the name of a package", shown(name)),
                     .where = SourceSpan{manifest.file, 0, 0},
                     .notes = {},
                     .hint = usable.size() < 2 ? "names of packages have at least two characters"
                                               : "use lower-case letters, digits, '+', '-', '.' in it, a letter or digit first"});
    return;
  }
  if (usable != name) {
    warn("dkms-name-changed",
         fmt::format("PACKAGE_NAME {} becomes '{}': dpkg and rpm share no other characters", shown(name), usable), manifest,
         "say in a kmpack.xml which name you want", problems);
  }
  const std::string own = without_dkms(usable);
  if (own != usable) {
    warn("dkms-name-changed",
         fmt::format("PACKAGE_NAME {} becomes '{}': '-dkms' is left to the package of the sources", shown(name), own), manifest,
         "say in a kmpack.xml which name you want", problems);
  }
  manifest.name = PackageName(own);
  set_version(manifest, version, problems);
}

}  // namespace kmpack
