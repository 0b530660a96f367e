#include "package/debian_control.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "package/deb_control.hpp"
#include "package/documents.hpp"
#include "package/naming.hpp"
#include "package/recipe_install.hpp"

namespace kmpack {
namespace {

struct Field {
  std::string name;
  std::string value;  ///< with its further lines
};

std::vector<Field> fields_of(std::string_view control) {
  std::vector<Field> fields;
  for (const std::string_view line : split(control, '\n')) {
    if (line.empty()) continue;
    if (line.front() == ' ') {
      fields.back().value += "\n" + std::string(line);
      continue;
    }
    const auto colon = line.find(':');
    fields.push_back({std::string(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1)))});
  }
  return fields;
}

/// dpkg-gencontrol takes these from the source's paragraph, from debian/changelog or from the files.
///
/// Source:  deb-control(5), deb-src-control(5).
bool is_the_sources(std::string_view name) {
  constexpr auto kNames =
      std::to_array<std::string_view>({"Source", "Version", "Maintainer", "Installed-Size", "Section", "Priority", "Homepage"});
  return std::ranges::find(kNames, name) != kNames.end();
}

std::string with_variables(std::string value, const PackageModel& model) {
  value = replaced(std::move(value), "$", "${}");
  value = replaced(std::move(value), fmt::format("(= {})", model.full_version()), "(= ${binary:Version})");
  return replaced(std::move(value), fmt::format("(>= {})", model.source_version), "(>= ${source:Version})");
}

std::string paragraph_of(const PackageModel& model) {
  std::string text;
  for (const Field& field : fields_of(render_control(model, 0))) {
    if (is_the_sources(field.name) && !(field.name == "Priority" && field.value != "optional")) continue;
    std::string value = with_variables(field.value, model);
    if (field.name == "Depends") value += ", ${misc:Depends}";
    text += field.name + ": " + value + "\n";
    if (field.name == "Architecture" && model.needs.empty()) text += "Depends: ${misc:Depends}\n";
  }
  return text;
}

std::set<std::string> tools_of(const RecipePart& part) {
  std::set<std::string> tools;
  for (const SealedFile& module : sealed_files(part)) {
    if (module.compression == Compression::xz) tools.insert("xz-utils");
    if (module.compression == Compression::zstd) tools.insert("zstd");
  }
  return tools;
}

struct BuildDepends {
  std::string all;
  std::string arch;  ///< what only packages of one architecture need; empty: there are no others
};

std::string without_last_newline(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// Who builds the packages of Architecture: all alone needs no kernel.
BuildDepends build_depends(std::span<const RecipePart> parts, bool is_some_for_all) {
  std::set<std::string> tools;
  std::string kernels;
  for (const RecipePart& part : parts) {
    const Kernel& kernel = *part.cell.kernel;
    tools.merge(tools_of(part));
    const std::string version = kernel.package_version.empty() ? "" : fmt::format(" (>= {})", kernel.package_version);
    kernels += fmt::format(" {}{} [{}],\n", headers_package(kernel), version, part.models.front().arch);
  }
  const std::string every = " debhelper-compat (= 13),\n";
  std::string text = " kmod <!nocheck>,\n";
  for (const std::string& tool : tools) text += " " + tool + ",\n";
  text = without_last_newline(text + kernels);
  return is_some_for_all ? BuildDepends{.all = without_last_newline(every), .arch = text}
                         : BuildDepends{.all = every + text, .arch = ""};
}

}  // namespace

std::string headers_package(const Kernel& kernel) {
  const std::string& release = kernel.release.str();
  for (const ArchivePackage& package : kernel.packages) {
    if (package.role == ArchiveRole::headers && package.name.ends_with("headers-" + release)) return package.name;
  }
  return "linux-headers-" + release;
}

std::string render_source_control(std::span<const RecipePart> parts, std::span<const PackageModel> packages,
                                  const Templates& templates) {
  const PackageModel& first = packages.front();
  std::vector<std::string> paragraphs;
  for (const PackageModel& model : packages) paragraphs.push_back(paragraph_of(model));
  const BuildDepends depends = build_depends(parts, std::ranges::find(packages, "all", &PackageModel::arch) != packages.end());
  TemplateValues values;
  values.texts = {{"name", first.source},   {"maintainer", maintainer_text(first.maintainer)},
                  {"depends", depends.all}, {"arch_depends", depends.arch},
                  {"homepage", first.url},  {"packages", joined(paragraphs, "\n")}};
  std::string text = templates.render("debian/control", values);
  return without_last_newline(std::move(text)) + "\n";
}

}  // namespace kmpack
