#include "publish/apt_stock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "base/deb_relation.hpp"
#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "wrap/deb.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

// What an archive says of a package, and a package cannot say of itself.
constexpr std::array<std::string_view, 6> kOfTheArchive{"filename", "size", "md5sum", "sha1", "sha256", "sha512"};

std::string lower(std::string_view text) {
  std::string small(text);
  for (char& c : small) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return small;
}

bool is_of(std::string_view text, std::string_view more) {
  return std::ranges::all_of(
      text, [&](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos; });
}
bool is_package_name(std::string_view text) { return text.size() > 1 && is_of(text, "+-.") && is_of(text.substr(0, 1), ""); }

/// [epoch:]upstream[-revision]; the epoch as large as dpkg's number for it.
bool is_version(std::string_view text) {
  constexpr std::size_t kEpochDigits = 9;
  if (const std::size_t colon = text.find(':'); colon != text.npos) {
    const std::string_view epoch = text.substr(0, colon);
    if (epoch.empty() || epoch.size() > kEpochDigits || epoch.find_first_not_of("0123456789") != epoch.npos) return false;
    text.remove_prefix(colon + 1);
  }
  if (const std::size_t dash = text.rfind('-'); dash != text.npos) {
    const std::string_view revision = text.substr(dash + 1);
    if (revision.empty() || !is_of(lower(revision), ".+~")) return false;
    text = text.substr(0, dash);
  }
  return !text.empty() && text.front() >= '0' && text.front() <= '9' && is_of(lower(text), ".+~-");
}

/// Of a package that is built; `any` and `source` are words of sources alone.
bool is_architecture(std::string_view text) {
  if (text.empty() || !is_of(text, "-") || !is_of(text.substr(0, 1), "") || text == "source") return false;
  return std::ranges::none_of(split(text, '-'), [](std::string_view part) { return part == "any"; });
}

std::string stanza_of(const Deb822Paragraph& control) {
  std::string text;
  for (const auto& [field, value] : control.fields) {
    if (std::ranges::find(kOfTheArchive, lower(field)) != kOfTheArchive.end()) continue;
    text += field + ":";
    bool first = true;
    for (const std::string_view line : split(value, '\n')) {
      if (first)
        text += line.empty() ? "" : " " + std::string(line);
      else
        text += "\n " + std::string(line.empty() ? "." : line);
      first = false;
    }
    text += '\n';
  }
  return text;
}

/// The word before the version that a source of another version has behind its name.
std::string source_of(const Deb822Paragraph& control, const std::string& name) {
  const std::vector<std::string> parts = words(control.field("Source"));
  return parts.empty() ? name : parts.front();
}

std::string folder_of(std::string_view source) { return std::string(source.substr(0, source.starts_with("lib") ? 4 : 1)); }

bool is_hidden(const fs::path& relative) { return relative.filename().native().starts_with('.'); }
bool is_deb(const fs::path& path) { return path.extension() == ".deb" || path.extension() == ".ddeb"; }

void take_identity(StockedDeb& deb, const Deb822Paragraph& control) {
  deb.name = control.field("Package");
  deb.version = control.field("Version");
  deb.arch = control.field("Architecture");
  const std::string_view section = control.field("Section");
  // A line of Contents names it; clients take anything but its last word for a path.
  const bool can_stand = !section.empty() && is_of(section, "/+.-");
  deb.section = can_stand ? std::string(section) + "/" + deb.name : deb.name;
}

/// APT reads no list at all that has one relation it does not understand.
void check_relations(const Deb822Paragraph& control, const fs::path& file) {
  for (const char* const name :
       {"Pre-Depends", "Depends", "Recommends", "Suggests", "Enhances", "Breaks", "Conflicts", "Replaces", "Provides"}) {
    const std::string_view value = control.field(name);
    if (value.empty() || is_deb_relation_list(value)) continue;
    throw Error({.code = "deb-unreadable",
                 .message = fmt::format("{} has a relation that APT cannot read: {}: {}", file.string(), name, value),
                 .hint = "have the package made anew: with it in a repository, APT would read no package list at all"});
  }
}

}  // namespace

StockedDeb read_stocked_deb(const fs::path& file, std::string_view component, const std::stop_token& stop) {
  if (stop.stop_requested()) throw Cancelled{};
  StockedDeb deb{.file = file, .sha256 = sha256_of_file(file), .size = fs::file_size(file)};
  const DebPackage package = read_deb(file, stop);
  take_identity(deb, package.control);
  const std::string source = source_of(package.control, deb.name);
  if (!is_package_name(deb.name) || !is_version(deb.version) || !is_architecture(deb.arch) || !is_package_name(source)) {
    throw Error({.code = "deb-unreadable",
                 .message = fmt::format("{} is called '{}' of source '{}', which Debian does not allow", file.string(),
                                        deb.identity(), source)});
  }
  check_relations(package.control, file);
  const std::string upstream = deb.version.substr(deb.version.find(':') + 1);
  deb.location = fmt::format("pool/{}/{}/{}/{}_{}_{}{}", component, folder_of(source), source, deb.name, upstream, deb.arch,
                             file.extension().string());
  for (const DebFile& member : package.files) {
    if (member.type != MemberType::directory) deb.members.push_back(member.path.substr(1));
  }
  deb.stanza =
      stanza_of(package.control) + fmt::format("Filename: {}\nSize: {}\nSHA256: {}\n", deb.location, deb.size, deb.sha256);
  return deb;
}

std::vector<StockedDeb> parse_packages(std::string_view text, const std::string& name, const fs::path& directory) {
  std::vector<StockedDeb> debs;
  for (const Deb822Paragraph& paragraph : parse_deb822(text, name)) {
    StockedDeb deb;
    take_identity(deb, paragraph);
    deb.location = paragraph.field("Filename");
    deb.sha256 = paragraph.field("SHA256");
    const std::string_view size = paragraph.field("Size");
    std::from_chars(size.data(), size.data() + size.size(), deb.size);
    if (deb.name.empty() || deb.version.empty() || deb.arch.empty() || deb.sha256.empty() || !is_safe_relative(deb.location)) {
      throw Error({.code = "repository-damaged",
                   .message = fmt::format("{} has a package without name, version, digest or place", name),
                   .where = {},
                   .notes = {},
                   .hint = "make the repository anew in an empty directory"});
    }
    deb.file = directory / deb.location;
    deb.stanza = stanza_of(paragraph) + fmt::format("Filename: {}\nSize: {}\nSHA256: {}\n", deb.location, deb.size, deb.sha256);
    debs.push_back(std::move(deb));
  }
  return debs;
}

std::vector<fs::path> debs_of(std::span<const fs::path> given) {
  std::vector<fs::path> files;
  for (const fs::path& path : given) {
    if (!fs::exists(path)) throw_system_error(ENOENT, "cannot read", path);
    if (!fs::is_directory(path)) {
      if (is_deb(path)) files.push_back(path);
      continue;
    }
    for (const TreeEntry& entry : walk(path, [](const TreeEntry& at) { return is_hidden(at.relative); })) {
      const bool is_file =
          entry.type == EntryType::file || (entry.type == EntryType::symlink && fs::is_regular_file(path / entry.relative));
      if (is_file && is_deb(entry.relative)) files.push_back(path / entry.relative);
    }
  }
  return files;
}

}  // namespace kmpack
