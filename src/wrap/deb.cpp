#include "wrap/deb.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::uint64_t kControlLimit = 8U << 20U;

bool same_field(std::string_view left, std::string_view right) noexcept {
  const auto lower = [](char letter) { return std::tolower(static_cast<unsigned char>(letter)); };
  return std::ranges::equal(left, right, {}, lower, lower);
}

[[noreturn]] void refuse_control(const std::string& name, std::size_t line, std::string message) {
  throw Error({.code = "deb-control-invalid",
               .message = std::move(message),
               .where = SourceSpan{.file = name, .line = static_cast<std::uint32_t>(line)}});
}

[[noreturn]] void refuse_deb(const fs::path& file, std::string_view why) {
  throw Error(
      {.code = "deb-unreadable", .message = fmt::format("{} is not a Debian package kmpack can read: {}", file.string(), why)});
}

void take_line(Deb822Paragraph& paragraph, std::string_view line, const std::string& name, std::size_t number) {
  // Other readers end lines at some of them.
  if (std::ranges::any_of(line, [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; }))
    refuse_control(name, number, "a control character");
  if (line.front() == ' ' || line.front() == '\t') {
    if (paragraph.fields.empty()) refuse_control(name, number, "a continuation line before the first field");
    const std::string_view text = line.substr(1);
    paragraph.fields.back().second += '\n';
    if (trimmed(text) != ".") paragraph.fields.back().second += text;
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0)
    refuse_control(name, number, "a line that is neither 'Field: value' nor a continuation");
  const std::string_view field = line.substr(0, colon);
  const auto fits = [](char c) { return c > ' ' && c < 0x7f; };
  if (!std::ranges::all_of(field, fits) || field.starts_with('-') || field.starts_with('#'))
    refuse_control(name, number, "a field name with a blank or another sign that has no place in one");
  for (const auto& [known, unused] : paragraph.fields) {
    if (same_field(known, field)) refuse_control(name, number, fmt::format("field '{}' is there twice", field));
  }
  paragraph.fields.emplace_back(field, trimmed(line.substr(colon + 1)));
}

/// `./lib/modules` as `/lib/modules`; the root itself as an empty string.
std::string clean_path(const fs::path& file, std::string_view stored) {
  std::string_view name = stored;
  if (name.starts_with("./")) name.remove_prefix(2);
  while (name.ends_with('/')) name.remove_suffix(1);
  if (name.empty() || name == ".") return {};
  if (!is_safe_relative(name)) {
    throw Error({.code = "deb-hostile-path",
                 .message = fmt::format("{} has a member that does not stay below its root: '{}'", file.string(), stored),
                 .hint = "do not install this package; ask whoever made it"});
  }
  return "/" + std::string(name);
}

void check_outside(const fs::path& file, const std::stop_token& stop) {
  std::vector<std::string> names;
  std::string version;
  read_archive(
      file,
      [&](const ArchiveMember& member, MemberData& data) {
        names.push_back(member.name);
        if (member.name == "debian-binary") version = data.all(1024);
      },
      stop);
  // deb(5): more members may follow, and names that start with '_' may stand between.
  std::erase_if(names, [](const std::string& name) { return name.starts_with('_'); });
  if (names.empty() || names[0] != "debian-binary") refuse_deb(file, "its first member is not debian-binary");
  if (!version.starts_with("2.")) refuse_deb(file, "its format version is not 2.x");
  if (names.size() < 2 || !names[1].starts_with("control.tar")) refuse_deb(file, "its second member is not control.tar");
  if (names.size() < 3 || !names[2].starts_with("data.tar")) refuse_deb(file, "its third member is not data.tar");
}

void take_md5sums(DebPackage& package, std::string_view text) {
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t gap = line.find("  ");
    if (gap != std::string_view::npos) package.md5sums.emplace(line.substr(gap + 2), line.substr(0, gap));
  }
}

void take_control(DebPackage& package, const fs::path& file, const std::string& name, std::string text) {
  constexpr std::array kScripts{"/preinst", "/postinst", "/prerm", "/postrm"};
  if (name == "/control") {
    std::vector<Deb822Paragraph> paragraphs = parse_deb822(text, file.filename().string() + " (control)");
    if (paragraphs.size() != 1) refuse_deb(file, "its control file has not exactly one paragraph");
    package.control = std::move(paragraphs.front());
  } else if (name == "/md5sums") {
    take_md5sums(package, text);
  } else if (name == "/conffiles") {
    package.conffiles = words(text);
  } else if (name == "/triggers") {
    package.triggers = std::move(text);
  } else if (std::ranges::find(kScripts, name) != kScripts.end()) {
    package.scripts.emplace(name.substr(1), std::move(text));
  }
}

std::string digest_of(MemberData& data) {
  Sha256 digest;
  for (std::string_view piece = data.next(); !piece.empty(); piece = data.next()) digest.add(piece);
  return digest.finish();
}

}  // namespace

std::string_view Deb822Paragraph::field(std::string_view name) const noexcept {
  const auto found = std::ranges::find_if(fields, [&](const auto& entry) { return same_field(entry.first, name); });
  return found == fields.end() ? std::string_view{} : std::string_view(found->second);
}

std::vector<Deb822Paragraph> parse_deb822(std::string_view text, const std::string& name) {
  std::vector<Deb822Paragraph> paragraphs;
  bool open = false;
  std::size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (trimmed(line).empty()) {
      open = false;
      continue;
    }
    if (line.front() == '#') continue;
    if (!std::exchange(open, true)) paragraphs.emplace_back();
    take_line(paragraphs.back(), line, name, number);
  }
  return paragraphs;
}

DebPackage read_deb(const fs::path& file, std::stop_token stop) {
  check_outside(file, stop);
  DebPackage package;
  read_archive(
      ArchiveSource(file, "control.tar"),
      [&](const ArchiveMember& member, MemberData& data) {
        const std::string name = clean_path(file, member.name);
        if (member.type == MemberType::file) take_control(package, file, name, data.all(kControlLimit));
      },
      stop);
  if (package.control.field("Package").empty()) refuse_deb(file, "its control file names no package");
  read_archive(
      ArchiveSource(file, "data.tar"),
      [&](const ArchiveMember& member, MemberData& data) {
        const std::string path = clean_path(file, member.name);
        if (path.empty()) return;
        package.files.push_back({.path = path,
                                 .type = member.type,
                                 .size = member.size,
                                 .mode = member.mode,
                                 .mtime = member.mtime,
                                 .link = member.link,
                                 .owner = member.owner,
                                 .group = member.group,
                                 .sha256 = member.type == MemberType::file ? digest_of(data) : std::string()});
      },
      stop);
  return package;
}

}  // namespace kmpack
