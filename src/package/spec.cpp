#include "package/spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "package/documents.hpp"
#include "package/model_parts.hpp"
#include "package/naming.hpp"
#include "package/rpm.hpp"
#include "package/rpm_style.hpp"
#include "wrap/rpmbuild.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// `%` begins a macro everywhere in a spec, in comments too.
std::string literal(std::string_view text) { return replaced(std::string(text), "%", "%%"); }

/// What rpm takes for its own at the beginning of a line, whatever follows it. Conditions may stand after blanks.
///
/// Source:  rpm build/parseSpec.c (partList, lineTypes), docs/manual/spec.md; later versions' words among them.
bool is_taken(std::string_view line) {
  constexpr auto kWords =
      std::to_array<std::string_view>({"if",        "elif",      "else",     "endif",       "include",          "package",
                                       "prep",      "generate_", "build",    "conf",        "install",          "check",
                                       "clean",     "pre",       "post",     "files",       "changelog",        "description",
                                       "trigger",   "verify",    "sepolicy", "filetrigger", "transfiletrigger", "sourcelist",
                                       "patchlist", "end"});
  if (!line.starts_with('%')) return false;
  std::string word(line.substr(1, 20));
  for (char& letter : word) letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  return std::ranges::any_of(kWords, [&](std::string_view one) { return word.starts_with(one); });
}

enum class Comments { kept, dropped };

/// Text of several lines: none of them may open a section, a condition or an include, nor be dropped as a comment.
std::string literal_lines(std::string_view text, Comments comments) {
  std::string out;
  for (std::string_view line : split(text, '\n')) {
    const std::size_t start = std::min(line.find_first_not_of(" \t"), line.size());
    const std::string_view rest = line.substr(start);
    if (!out.empty() || line.data() != text.data()) out += '\n';
    out += line.substr(0, start);
    if (is_taken(rest) || (comments == Comments::dropped && rest.starts_with('#'))) out += kRpmLineGuard;
    for (const char letter : rest) {
      if (letter != kRpmLineGuard) out += letter;
    }
  }
  return literal(out);
}

std::string text_of(const Relation& relation) {
  if (!relation.verbatim.empty()) return relation.verbatim;
  if (relation.any_of.size() > 1) return "(" + joined(relation.any_of, " or ") + ")";
  std::string text = relation.any_of.front();
  if (!relation.compare.empty()) text += fmt::format(" {} {}", relation.compare, relation.version);
  return text;
}

void list(std::vector<TemplateValues>& items, std::string_view tag, std::span<const Relation> relations) {
  for (const Relation& relation : relations) {
    const std::string whole = relation.phases.empty() ? std::string(tag) : fmt::format("{}({})", tag, relation.phases);
    items.push_back({.texts = {{"tag", fmt::format("{:<15}", whole + ":")}, {"relation", literal(text_of(relation))}}});
  }
}

std::vector<TemplateValues> relations_of(const PackageModel& model) {
  std::vector<TemplateValues> items;
  list(items, "Requires", model.needs);
  list(items, "Provides", model.provides);
  list(items, "Conflicts", model.conflicts);
  list(items, "Obsoletes", model.replaces);
  list(items, "Enhances", model.enhances);
  list(items, "Supplements", model.supplements);
  return items;
}

/// Directories that belong to the system and not to a package.
bool is_shared(const fs::path& directory) {
  constexpr auto kShared = std::to_array<std::string_view>(
      {"/", "/etc", "/etc/depmod.d", "/etc/modprobe.d", "/lib", "/lib/firmware", "/lib/modules", "/usr", "/usr/lib",
       "/usr/lib/firmware", "/usr/lib/modules", "/usr/lib/modules-load.d", "/usr/src", "/usr/src/debug", "/usr/lib/debug",
       "/usr/share", "/usr/share/doc", "/usr/share/licenses"});
  return std::ranges::find(kShared, directory.native()) != kShared.end();
}

/// With the kernel's own directory among them: what is not owned stays behind when the kernel went first.
std::set<fs::path> owned_directories(const PackageModel& model) {
  std::set<fs::path> owned;
  for (const PackedFile& file : model.files) {
    for (fs::path place = file.path.parent_path(); !is_shared(place); place = place.parent_path()) {
      if (!model.foreign_directories.contains(place)) owned.insert(place);
    }
  }
  return owned;
}

std::string attributes_of(const PackedFile& file) {
  // What a link is does not depend on it; rpm would warn.
  if (!file.link.empty()) return "%attr(-,root,root)";
  std::string owner = fmt::format("%attr({:04o},root,root)", file.mode);
  switch (file.kind) {
    case FileKind::config:
      return "%config(noreplace) " + owner;
    case FileKind::plain_config:
      return "%config " + owner;
    case FileKind::document:
      return "%doc " + owner;
    case FileKind::license:
      return "%license " + owner;
    case FileKind::module:
    case FileKind::data:
    case FileKind::firmware:
      break;
  }
  return owner;
}

std::vector<TemplateValues> file_list(const PackageModel& model) {
  std::vector<TemplateValues> items;
  const auto add = [&](std::string attributes, const fs::path& path) {
    items.push_back({.texts = {{"attributes", std::move(attributes)}, {"path", literal(path.native())}}});
  };
  for (const fs::path& directory : owned_directories(model)) add("%dir %attr(0755,root,root)", directory);
  for (const PackedFile& file : model.files) add(attributes_of(file), file.path);
  return items;
}

std::string license_of(const std::string& license) { return literal(license.empty() ? "unknown" : one_line(license)); }

std::vector<TemplateValues> script_list(const std::map<std::string, std::string>& scripts) {
  std::vector<TemplateValues> items;
  for (const auto& [phase, text] : scripts) {
    items.push_back({.texts = {{"phase", phase}, {"interpreter", "/bin/sh"}, {"text", literal_lines(text, Comments::kept)}}});
  }
  return items;
}

}  // namespace

SpecHead spec_head(const Manifest& manifest, RpmStyle style, std::int64_t epoch) {
  return {.name = rpm_source_name(manifest, style),
          .version = rpm_version_part(manifest.version),
          .release = rpm_version_part(manifest.release),
          .summary = one_line(manifest.summary),
          .license = manifest.license,
          .url = one_line(manifest.url),
          .vendor = one_line(manifest.vendor),
          .packager = maintainer_text(manifest.maintainer),
          .description = manifest.description.empty() ? one_line(manifest.summary) : wrapped(manifest.description),
          .change = fmt::format("Packages of {} {}.", manifest.name.str(), one_line(manifest.version)),
          .epoch = epoch};
}

std::string render_spec_head(const SpecHead& head, const Templates& templates) {
  // rpm takes no date before 1990 in a changelog.
  constexpr std::int64_t kFirstDate = 631'238'400;
  const StampParts stamp = stamp_parts(std::max(head.epoch, kFirstDate));
  TemplateValues values;
  values.texts = {{"name", head.name},
                  {"version", head.version},
                  {"release", head.release},
                  {"summary", literal(head.summary.empty() ? head.name : head.summary)},
                  {"license", license_of(head.license)},
                  {"url", literal(head.url)},
                  {"vendor", literal(head.vendor)},
                  {"packager", literal(head.packager)},
                  {"date", fmt::format("{} {} {:02} {}", stamp.weekday, stamp.month, stamp.day, stamp.year)},
                  {"change", literal(one_line(head.change))},
                  {"noarch", head.arch == "noarch" ? "yes" : ""},
                  {"description", literal_lines(head.description, Comments::dropped)}};
  std::vector<TemplateValues>& tags = values.lists["tags"];
  for (const std::string& tag : head.tags) tags.push_back({.texts = {{"tag", tag}}});
  return templates.render("rpm/head.spec", values);
}

std::string render_spec_package(const PackageModel& model, const std::map<std::string, std::string>& scripts,
                                const Templates& templates) {
  TemplateValues values;
  values.texts = {{"name", model.name},
                  {"version", model.version},
                  {"release", model.release},
                  {"summary", literal(model.summary.empty() ? model.name : model.summary)},
                  {"license", license_of(model.license)},
                  {"url", literal(model.url)},
                  {"noarch", model.arch == "noarch" ? "yes" : ""},
                  {"description", literal_lines(model.description, Comments::dropped)}};
  values.lists = {{"relations", relations_of(model)}, {"scripts", script_list(scripts)}, {"files", file_list(model)}};
  return templates.render("rpm/package.spec", values);
}

std::string render_spec(const SpecHead& head, std::span<const RpmPart> parts, const Templates& templates) {
  std::string text = render_spec_head(head, templates);
  for (const RpmPart& part : parts) text += render_spec_package(part.model, part.scripts, templates);
  return text;
}

}  // namespace kmpack
