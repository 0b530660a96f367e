#include "package/deb_control.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "package/documents.hpp"
#include "package/naming.hpp"

namespace kmpack {
namespace {

std::string text_of(const Relation& relation) {
  if (!relation.verbatim.empty()) return one_line(relation.verbatim);
  std::string text = joined(relation.any_of, " | ");
  if (!relation.compare.empty()) text += fmt::format(" ({} {})", relation.compare, relation.version);
  return text;
}

/// Nothing where there is no value: dpkg refuses a field without one.
std::string field(std::string_view name, std::string_view value) {
  const std::string line = one_line(value);
  return line.empty() ? std::string{} : fmt::format("{}: {}\n", name, line);
}

/// As dpkg-gencontrol writes it: the version only where it is another one than the package's.
std::string source_of(const PackageModel& model) {
  if (model.source.empty() || model.source == model.name) return {};
  if (model.source_version == model.full_version()) return model.source;
  return fmt::format("{} ({})", model.source, model.source_version);
}

/// Paragraphs as the extended description: one blank before each line, ` .` between paragraphs. Lines that begin with a blank
/// stay verbatim.
std::string extended_description(std::string_view text) {
  std::string folded;
  bool gap = false;
  const std::string clean = plain_text(text);
  for (std::string_view line : split(clean, '\n')) {
    while (line.ends_with(' ')) line.remove_suffix(1);
    if (line.empty()) {
      gap = !folded.empty();
      continue;
    }
    if (std::exchange(gap, false)) folded += " .\n";
    // A lone dot, or a dot first, is Debian's syntax and not text.
    folded += line.front() == '.' ? fmt::format("  {}\n", line) : fmt::format(" {}\n", line);
  }
  return folded;
}

}  // namespace

std::string deb_relations(std::span<const Relation> relations) {
  std::vector<std::string> texts;
  for (const Relation& relation : relations) texts.push_back(text_of(relation));
  return joined(texts, ", ");
}

std::string deb_description(const PackageModel& model) {
  return one_line(model.summary) + "\n" + extended_description(model.description);
}

std::string render_control(const PackageModel& model, std::uint64_t installed_kib) {
  const bool debug = model.kind == PackageKind::debug_info;
  std::string control = field("Package", model.name) + field("Source", source_of(model)) + field("Version", model.full_version());
  if (debug) control += "Auto-Built-Package: debug-symbols\n";
  control += field("Architecture", model.arch) + field("Maintainer", maintainer_text(model.maintainer));
  control += fmt::format("Installed-Size: {}\n", installed_kib);
  control += field("Depends", deb_relations(model.needs)) + field("Conflicts", deb_relations(model.conflicts));
  control += field("Replaces", deb_relations(model.replaces)) + field("Provides", deb_relations(model.provides));
  control += fmt::format("Section: {}\nPriority: {}\n", debug ? "debug" : "kernel", model.priority);
  // Modules of one architecture may need the files of all.
  if (model.kind == PackageKind::common) control += "Multi-Arch: foreign\n";
  control += field("Homepage", model.url) + field("Kmpack-Built-For", model.built_for.str());
  control += "Description: " + deb_description(model);
  return control + field("Build-Ids", joined(model.build_ids, " "));
}

}  // namespace kmpack
