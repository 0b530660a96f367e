#include "package/debian_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "package/deb_names.hpp"
#include "package/debian_control.hpp"
#include "package/debian_rules.hpp"
#include "package/documents.hpp"
#include "package/naming.hpp"
#include "package/scripts.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// debhelper makes what is for debuggers; a paragraph of our own would make it twice.
bool is_automatic(const PackageModel& model) { return model.kind == PackageKind::debug_info; }

std::vector<RecipePart> without_automatic(std::span<const RecipePart> parts) {
  std::vector<RecipePart> kept(parts.begin(), parts.end());
  for (RecipePart& part : kept) std::erase_if(part.models, is_automatic);
  return kept;
}

std::string way_out(const FlavorId& one, const FlavorId& other) {
  if (one.distribution != other.distribution) return "choose kernels of one distribution with --flavor";
  if (one.arch != other.arch) return "choose kernels of one architecture with --flavor: their releases do not name it";
  return "choose one of these kernels with --flavor";
}

void check_names(std::span<const RecipePart> parts) {
  std::map<std::string, const RecipePart*> owners;
  for (const RecipePart& part : parts) {
    for (const PackageModel& model : part.models) {
      const auto [owner, is_new] = owners.try_emplace(model.name, &part);
      if (is_new) continue;
      throw Error({.code = "debian-package-twice",
                   .message = fmt::format("the packages for {} and for {} are both called {}, which one source cannot have",
                                          owner->second->cell.kernel->id(), part.cell.kernel->id(), model.name),
                   .hint = way_out(owner->second->cell.kernel->flavor, part.cell.kernel->flavor)});
    }
  }
}

std::string content_of(const PackageModel& model, const fs::path& file) {
  const auto found = std::ranges::find(model.files, file, &PackedFile::path);
  return found == model.files.end() ? std::string() : found->content;
}

std::string copyright_of(const PackageModel& model) {
  return content_of(model, fs::path("/usr/share/doc") / model.name / "copyright");
}

/// What the user's files and patches are in a directory of `debian/`.
void add_files(DebianSource& source, const SourceFiles& files, std::string_view directory) {
  for (const SourceFile& file : files.all()) {
    source.files.push_back({.place = fs::path(directory) / file.name, .content = file.content, .file = file.file});
  }
}

/// One file for all packages, and one more for each that says something else.
void add_copyright(DebianSource& source, std::span<const PackageModel> packages) {
  const std::string main = copyright_of(packages.front());
  source.files.push_back({.place = "copyright", .content = main});
  for (const PackageModel& model : packages) {
    if (std::string text = copyright_of(model); text != main) {
      source.files.push_back({.place = model.name + ".copyright", .content = std::move(text)});
    }
  }
}

void add_overrides(DebianSource& source, std::span<const PackageModel> packages) {
  for (const PackageModel& model : packages) {
    source.files.push_back(
        {.place = model.name + ".lintian-overrides", .content = content_of(model, fs::path(kLintianOverrides) / model.name)});
  }
}

/// debhelper puts what its other programs want in the place of the token, which is nothing: the script stays as kmpack writes it.
///
/// Source:  dh_installdeb(1).
std::string with_token(std::string script) {
  constexpr std::string_view kEnd = "\n\nexit 0\n";
  if (script.ends_with(kEnd)) script.replace(script.size() - kEnd.size(), kEnd.size(), "\n#DEBHELPER#\nexit 0\n");
  return script;
}

void add_scripts(DebianSource& source, std::span<const PackageModel> packages, const Templates& templates) {
  for (const PackageModel& model : packages) {
    for (const auto& [name, text] : render_deb_scripts(model, templates)) {
      source.files.push_back({.place = model.name + "." + name, .content = with_token(text)});
    }
  }
}

void add_tests(DebianSource& source, std::span<const PackageModel> packages, const Templates& templates) {
  std::vector<std::string> names;
  for (const PackageModel& model : packages) {
    if (model.kind == PackageKind::modules) names.push_back(model.name);
  }
  TemplateValues values;
  values.texts = {{"packages", joined(names, " ")}};
  source.files.push_back({.place = "tests/modules", .content = templates.render("debian/test", values), .mode = 0755});
  source.files.push_back({.place = "tests/control", .content = "Tests: modules\nDepends: @, kmod\nRestrictions: superficial\n"});
}

/// dpkg-source takes no other file of the user that is not text.
///
/// Source:  dpkg-source(1), 3.0 (quilt), debian/source/include-binaries.
void add_binaries(DebianSource& source) {
  std::string list;
  for (const DebianFile& file : source.files) {
    if (file.place.native().starts_with(kDebianFiles)) list += "debian/" + file.place.string() + "\n";
  }
  if (!list.empty()) source.files.push_back({.place = "source/include-binaries", .content = list});
}

/// What lintian says of every such source, with the reason why it stays.
///
/// Source:  lintian(1), debian/source/lintian-overrides; lintian's timewarp-standards-version.
std::string lintian_overrides(const DebianSource& source) {
  // 4.6.2 is of 2022-12-17.
  constexpr std::int64_t kStandards = 1671235200;
  std::string text;
  if (source.epoch < kStandards) {
    text +=
        "# The date of the changelog is that of $SOURCE_DATE_EPOCH, or of the newest kernel: the same source gives the same "
        "package.\n"
        "timewarp-standards-version *\n";
  }
  return text;
}

/// SOURCE_DATE_EPOCH, or else that of the newest kernel: archives refuse what is dated before there was a Debian.
std::int64_t newest_epoch(std::span<const RecipePart> parts) {
  std::int64_t newest = 0;
  for (const RecipePart& part : parts) newest = std::max(newest, part.headers.epoch);
  return newest;
}

}  // namespace

DebianSource render_debian_source(std::span<const RecipePart> all, std::span<const PackageModel> common, const fs::path& top,
                                  const Templates& templates) {
  const std::vector<RecipePart> parts = without_automatic(all);
  check_names(parts);
  const Manifest& manifest = *parts.front().cell.manifest;
  std::vector<PackageModel> packages;
  for (const RecipePart& part : parts) packages.insert(packages.end(), part.models.begin(), part.models.end());
  packages.insert(packages.end(), common.begin(), common.end());

  DebianSource source{.name = deb_source_name(manifest),
                      .version = deb_version_part(manifest.version),
                      .release = deb_version_part(manifest.release),
                      .epoch = newest_epoch(parts)};
  source.files.push_back({.place = "changelog", .content = debian_changelog(manifest, source.epoch)});
  source.files.push_back({.place = "control", .content = render_source_control(parts, packages, templates)});
  source.files.push_back({.place = "source/format", .content = "3.0 (quilt)\n"});
  source.files.push_back({.place = "clean", .content = "debian/build/\n"});
  SourceFiles patches;
  SourceFiles files;
  for (DebianFile& file : render_rules(source, parts, common, top, {patches, files, templates})) {
    source.files.push_back(std::move(file));
  }
  add_files(source, patches, kDebianPatches);
  add_files(source, files, kDebianFiles);
  add_copyright(source, packages);
  add_overrides(source, packages);
  add_scripts(source, packages, templates);
  add_tests(source, packages, templates);
  add_binaries(source);
  if (std::string text = lintian_overrides(source); !text.empty()) {
    source.files.push_back({.place = "source/lintian-overrides", .content = std::move(text)});
  }
  std::ranges::sort(source.files, {}, &DebianFile::place);
  return source;
}

}  // namespace kmpack
