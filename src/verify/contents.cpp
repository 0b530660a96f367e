#include "verify/contents.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "verify/in_tree.hpp"
#include "wrap/archive.hpp"
#include "wrap/deb.hpp"
#include "wrap/rpm.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using std::string;

void add_relations(std::vector<string>& relations, std::string_view field) {
  for (const std::string_view part : split(field, ',')) {
    if (!trimmed(part).empty()) relations.push_back(replaced(string{trimmed(part)}, "\n", " "));
  }
}

ContentType type_of(MemberType type) {
  switch (type) {
    case MemberType::file:
    case MemberType::hardlink:
      return ContentType::file;
    case MemberType::directory:
      return ContentType::directory;
    case MemberType::symlink:
      return ContentType::symlink;
    default:
      return ContentType::other;
  }
}

ContentType type_of_mode(unsigned mode) {
  if (S_ISREG(mode)) return ContentType::file;
  if (S_ISDIR(mode)) return ContentType::directory;
  if (S_ISLNK(mode)) return ContentType::symlink;
  return ContentType::other;
}

PackageContents deb_contents(const fs::path& package, std::stop_token stop) {
  DebPackage deb = read_deb(package, std::move(stop));
  PackageContents contents{.file = package, .family = PackageFamily::deb};
  contents.name = deb.control.field("Package");
  contents.version = deb.control.field("Version");
  contents.arch = deb.control.field("Architecture");
  add_relations(contents.needs, deb.control.field("Pre-Depends"));
  add_relations(contents.needs, deb.control.field("Depends"));
  add_relations(contents.provides, deb.control.field("Provides"));
  contents.built_for = KernelRelease(std::string(trimmed(deb.control.field("Kmpack-Built-For"))));
  contents.scripts = std::move(deb.scripts);
  for (DebFile& file : deb.files) {
    contents.entries.push_back(ContentEntry{.path = std::move(file.path),
                                            .type = type_of(file.type),
                                            .mode = file.mode,
                                            .owner = std::move(file.owner),
                                            .group = std::move(file.group),
                                            .link = std::move(file.link)});
  }
  return contents;
}

/// The release in `kmpack-built-for(RELEASE)`.
KernelRelease built_for(const std::vector<string>& provides) {
  constexpr std::string_view kName = "kmpack-built-for(";
  for (const std::string_view provided : provides) {
    if (provided.starts_with(kName) && provided.ends_with(')'))
      return KernelRelease(string(provided.substr(kName.size(), provided.size() - kName.size() - 1)));
  }
  return {};
}

PackageContents rpm_contents(const fs::path& package) {
  RpmHeader rpm = read_rpm_header(package);
  PackageContents contents{.file = package, .family = PackageFamily::rpm};
  contents.name = rpm.name;
  contents.version = rpm.version + "-" + rpm.release;
  contents.arch = rpm.arch;
  for (const RpmRelation& relation : rpm.requires_) contents.needs.push_back(relation.text());
  for (const RpmRelation& relation : rpm.provides) contents.provides.push_back(relation.text());
  contents.built_for = built_for(contents.provides);
  for (RpmScript& script : rpm.scripts) contents.scripts[script.phase] = std::move(script.text);
  for (RpmFile& file : rpm.files) {
    contents.entries.push_back(ContentEntry{.path = std::move(file.path),
                                            .type = type_of_mode(file.mode),
                                            .mode = file.mode & 07777U,
                                            .owner = std::move(file.owner),
                                            .group = std::move(file.group),
                                            .link = std::move(file.link)});
  }
  return contents;
}

}  // namespace

PackageFamily family_of(const fs::path& package) {
  if (package.extension() == ".deb") return PackageFamily::deb;
  if (package.extension() == ".rpm") return PackageFamily::rpm;
  throw Error{Diagnostic{.code = "package-unknown-format",
                         .message = fmt::format("the name of {} ends neither in .deb nor in .rpm", package.string()),
                         .hint = "give packages that `kmpack build` made"}};
}

PackageContents read_contents(const fs::path& package, std::stop_token stop) {
  return family_of(package) == PackageFamily::deb ? deb_contents(package, std::move(stop)) : rpm_contents(package);
}

std::vector<UnpackedModule> unpack_package(const fs::path& package, const fs::path& directory, std::stop_token stop) {
  const bool deb = family_of(package) == PackageFamily::deb;
  const ArchiveSource source = deb ? ArchiveSource{package, "data.tar"} : ArchiveSource{package};
  make_directories(directory);
  extract_into(source, directory, ExtractOptions{.absolute_links = AbsoluteLinks::skip}, std::move(stop));
  std::vector<UnpackedModule> modules;
  for (const TreeEntry& entry : walk(directory)) {
    if (entry.type == EntryType::file && is_module_file(entry.relative.filename().string())) {
      modules.push_back(UnpackedModule{.installed = "/" / entry.relative, .file = directory / entry.relative});
    }
  }
  return modules;
}

std::optional<KernelRelease> release_of(const fs::path& installed) {
  auto part = installed.begin();
  const auto next_is = [&](const char* name) { return part != installed.end() && *part == name && (++part, true); };
  if (!next_is("/")) return std::nullopt;
  static_cast<void>(next_is("usr"));
  if (!next_is("lib") || !next_is("modules") || part == installed.end() || part->empty()) return std::nullopt;
  return KernelRelease{part->string()};
}

bool is_safe_path(const fs::path& path) { return path.is_absolute() && is_safe_relative(path.relative_path()); }

bool link_stays(const fs::path& path, const string& target) {
  if (target.empty() || target.front() == '/') return false;
  int depth = 0;
  for (const fs::path& part : path.relative_path().parent_path()) depth += part.empty() ? 0 : 1;
  for (const fs::path& part : fs::path{target}) {
    if (part == "..") {
      if (--depth < 0) return false;
    } else if (!part.empty() && part != ".") {
      ++depth;
    }
  }
  return true;
}

}  // namespace kmpack
