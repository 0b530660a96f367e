#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "package/documents.hpp"
#include "package/naming.hpp"
#include "package/rpm.hpp"
#include "wrap/rpmbuild.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// `%` begins a macro everywhere in a spec, in comments too.
std::string literal(std::string_view text) { return replaced(std::string(text), "%", "%%"); }

/// Text of several lines: none of them may open a section, a condition or an include. Where rpm drops comment lines, `#` is
/// guarded too.
std::string literal_lines(std::string_view text, std::string_view guarded) {
  std::string out;
  bool at_start = true;
  for (const char letter : text) {
    if (letter == kRpmLineGuard) continue;
    if (at_start && guarded.find(letter) != std::string_view::npos) out += kRpmLineGuard;
    at_start = letter == '\n' || (at_start && (letter == ' ' || letter == '\t'));
    out += letter;
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

std::vector<TemplateValues> listed(std::span<const Relation> relations) {
  std::vector<TemplateValues> items;
  for (const Relation& relation : relations) items.push_back({.texts = {{"relation", literal(text_of(relation))}}});
  return items;
}

/// Directories that belong to the system and not to a package.
bool is_shared(const fs::path& directory) {
  constexpr auto kShared = std::to_array<std::string_view>(
      {"/", "/etc", "/etc/modprobe.d", "/lib", "/lib/firmware", "/lib/modules", "/usr", "/usr/lib", "/usr/lib/firmware",
       "/usr/lib/modules", "/usr/lib/modules-load.d", "/usr/share", "/usr/share/doc", "/usr/share/licenses"});
  return std::ranges::find(kShared, directory.native()) != kShared.end();
}

/// With the kernel's own directory among them: what is not owned stays behind when the kernel went first.
std::set<fs::path> owned_directories(const PackageModel& model) {
  std::set<fs::path> owned;
  for (const PackedFile& file : model.files) {
    for (fs::path place = file.path.parent_path(); !is_shared(place); place = place.parent_path()) owned.insert(place);
  }
  return owned;
}

std::string attributes_of(const PackedFile& file) {
  std::string owner = fmt::format("%attr({:04o},root,root)", file.mode);
  switch (file.kind) {
    case FileKind::config:
      return "%config(noreplace) " + owner;
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

std::vector<TemplateValues> script_list(const std::map<std::string, std::string>& scripts) {
  std::vector<TemplateValues> items;
  for (const auto& [phase, text] : scripts) {
    items.push_back({.texts = {{"phase", phase}, {"interpreter", "/bin/sh"}, {"text", literal_lines(text, "%")}}});
  }
  return items;
}

}  // namespace

std::string render_spec(const PackageModel& model, const std::map<std::string, std::string>& scripts,
                        const Templates& templates) {
  const StampParts stamp = stamp_parts(model.epoch);
  TemplateValues values;
  values.texts = {{"name", model.name},
                  {"version", model.version},
                  {"release", model.release},
                  {"summary", literal(model.summary.empty() ? model.name : model.summary)},
                  {"license", literal(model.license.empty() ? "unknown" : one_line(model.license))},
                  {"url", literal(model.url)},
                  {"vendor", literal(model.vendor)},
                  {"packager", literal(maintainer_text(model.maintainer))},
                  {"date", fmt::format("{} {} {:02} {}", stamp.weekday, stamp.month, stamp.day, stamp.year)},
                  {"change", literal(one_line(model.change))},
                  {"noarch", model.arch == "noarch" ? "yes" : ""},
                  {"description", literal_lines(model.description, "%#")}};
  values.lists = {{"needs", listed(model.needs)},         {"provides", listed(model.provides)},
                  {"conflicts", listed(model.conflicts)}, {"replaces", listed(model.replaces)},
                  {"scripts", script_list(scripts)},      {"files", file_list(model)}};
  return templates.render("rpm/package.spec", values);
}

}  // namespace kmpack
