#include "package/static_spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "package/naming.hpp"
#include "package/recipe_install.hpp"
#include "package/recipe_text.hpp"
#include "package/scripts.hpp"
#include "wrap/compress.hpp"

namespace kmpack {
namespace {

using Parts = std::vector<RecipePart>;

RpmStyle style_of(const RecipePart& part) { return part.cell.kernel->rules.rpm.style; }

void check_styles(std::span<const RecipePart> parts) {
  for (const RecipePart& part : parts) {
    if (style_of(part) == style_of(parts.front())) continue;
    throw Error({.code = "spec-style-mixed",
                 .message = fmt::format("one spec cannot hold packages for {} and for {}", parts.front().cell.kernel->id(),
                                        part.cell.kernel->id()),
                 .notes = {"their distributions name and script packages of modules in different ways"},
                 .hint = "run generate once for each of them, with --flavor"});
  }
}

/// The certificate's package is the same for all kernels: one of them is enough.
Parts with_single_packages(std::span<const RecipePart> parts) {
  std::map<std::pair<std::string, std::string>, const RecipePart*> owners;
  Parts single;
  for (const RecipePart& part : parts) {
    RecipePart kept = part;
    kept.models.clear();
    for (const PackageModel& model : part.models) {
      const auto [owner, is_new] = owners.try_emplace({model.name, model.arch}, &part);
      if (is_new) {
        kept.models.push_back(model);
      } else if (model.kind != PackageKind::certificate) {
        throw Error({.code = "spec-package-twice",
                     .message = fmt::format("the packages for {} and for {} are both called {}, which one spec cannot have",
                                            owner->second->cell.kernel->id(), part.cell.kernel->id(), model.name),
                     .hint = "choose one of the kernels with --flavor"});
      }
    }
    single.push_back(std::move(kept));
  }
  return single;
}

std::map<std::string, Parts> by_architecture(const Parts& parts) {
  std::map<std::string, Parts> groups;
  for (const RecipePart& part : parts) groups[part.models.front().arch].push_back(part);
  return groups;
}

/// Text for one architecture; where the spec is for no other, nothing needs to be asked.
std::string only_for(const std::string& arch, std::size_t architectures, const std::string& text) {
  return architectures == 1 ? text : fmt::format("%ifarch {}\n{}%endif\n", arch, text);
}

std::vector<std::string> needed_tools(std::span<const RecipePart> parts) {
  std::set<std::string> tools{"make", "gcc", "kmod", "tar"};
  for (const RecipePart& part : parts) {
    // Without it OBS ships unsigned modules and says nothing. Source: facts suse.md section 4.1.
    if (part.cell.kernel->rules.rpm.style == RpmStyle::kmp) tools.insert("pesign-obs-integration");
    if (!part.cell.manifest->patches.empty()) tools.insert("patch");
    for (const SealedFile& module : sealed_files(part)) {
      if (module.compression == Compression::xz) tools.insert("xz");
      if (module.compression == Compression::zstd) tools.insert("zstd");
      if (module.compression == Compression::gzip) tools.insert("gzip");
    }
  }
  return {tools.begin(), tools.end()};
}

std::string tag(std::string_view name, std::string_view value) {
  return fmt::format("{:<15} {}", fmt::format("{}:", name), value);
}

std::vector<std::string> devel_packages(std::span<const RecipePart> parts) {
  std::set<std::string> lines;
  for (const RecipePart& part : parts) {
    const Kernel& kernel = *part.cell.kernel;
    if (kernel.rules.rpm.devel.empty()) continue;
    const std::string version = kernel.package_version.empty() ? std::string() : " = " + kernel.package_version;
    lines.insert(tag("BuildRequires", spec_literal(kernel.rules.rpm.devel + version)));
  }
  return {lines.begin(), lines.end()};
}

std::vector<std::string> preamble(const std::map<std::string, Parts>& groups, const Parts& parts, const SourceFiles& files,
                                  const std::string& archive) {
  std::vector<std::string> tags;
  std::vector<std::string> archs;
  for (const auto& [arch, group] : groups) archs.push_back(arch);
  tags.push_back(tag("ExclusiveArch", joined(archs, " ")));
  tags.push_back(tag("Source0", archive));
  std::size_t number = 1;
  for (const SourceFile& file : files.all()) {
    if (file.name != archive) tags.push_back(tag(fmt::format("Source{}", number++), file.name));
  }
  for (const std::string& tool : needed_tools(parts)) tags.push_back(tag("BuildRequires", tool));
  for (const auto& [arch, group] : groups) {
    std::string lines;
    for (const std::string& line : devel_packages(group)) lines += line + "\n";
    std::string block = only_for(arch, groups.size(), lines);
    while (block.ends_with('\n')) block.pop_back();
    if (!lines.empty()) tags.push_back(std::move(block));
  }
  return tags;
}

/// Build-id links come from a list, and a module's name has an open end where a signer may compress it after this build.
std::string sections_of(const PackageModel& model, RpmStyle style, const std::string& directory, const Templates& templates) {
  const std::string rendered = render_spec_package(model, render_rpm_scripts(model, templates), templates);
  const bool has_links =
      std::ranges::any_of(model.files, [](const PackedFile& file) { return file.path.native().starts_with(kBuildIds); });
  std::string text;
  bool in_files = false;
  for (const std::string_view view : split(rendered, '\n')) {
    std::string line(view);
    const bool opens = line == "%files -n " + model.name;
    in_files = in_files || opens;
    if (in_files && line.find(kBuildIds) != std::string::npos) continue;
    if (opens && has_links) line += " -f " + spec_literal(debug_list(model, directory));
    if (in_files && style == RpmStyle::kmp) {
      for (const PackedFile& file : model.files) {
        const std::string place = file.path.string();
        const std::string ending = place.substr(place.rfind('.') + 1);
        const bool compressed = file.kind == FileKind::module && ending != "ko";
        if (compressed && line.ends_with("\"" + spec_literal(place) + "\"") && place.find(' ') == std::string::npos) {
          line = replaced(line, "\"" + spec_literal(place) + "\"", spec_literal(place.substr(0, place.rfind('.'))) + "*");
        }
      }
    }
    text += line + "\n";
  }
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

std::string packages_of(std::span<const RecipePart> parts, RpmStyle style, const std::string& directory,
                        const Templates& templates) {
  std::string text;
  for (const RecipePart& part : parts) {
    for (const PackageModel& model : part.models) text += sections_of(model, style, directory, templates);
  }
  return text;
}

/// How brp-99-pesign is told to compress; empty where it is not.
std::string signer_compression(std::span<const RecipePart> parts) {
  for (const RecipePart& part : parts) {
    for (const SealedFile& module : sealed_files(part)) {
      if (module.compression == Compression::gzip) return "gzip";
      if (module.compression == Compression::xz) return "xz";
      if (module.compression == Compression::zstd) return "zstd";
    }
  }
  return {};
}

}  // namespace

SourcePackage render_static_spec(std::span<const RecipePart> all, std::span<const PackageModel> common,
                                 const Templates& templates) {
  check_styles(all);
  const Parts parts = with_single_packages(all);
  const std::map<std::string, Parts> groups = by_architecture(parts);
  const Manifest& manifest = *parts.front().cell.manifest;
  const RpmStyle style = style_of(parts.front());
  std::int64_t epoch = 0;
  for (const RecipePart& part : parts) epoch = std::max(epoch, part.headers.epoch);

  SourcePackage package{.head = spec_head(manifest, style, epoch)};
  package.archive_of_directory = manifest.source.archive.empty();
  const std::string archive =
      package.archive_of_directory ? source_archive_name(manifest) : package.files.add(manifest.source.archive);
  const std::string directory = package.head.name + "-" + package.head.version;
  TemplateValues values;
  std::map<std::string, std::string, std::less<>>& texts = values.texts;
  texts["name"] = package.head.name;
  texts["directory"] = spec_literal(directory);
  texts["pesign"] = style == RpmStyle::kmp ? "yes" : "";
  for (const auto& [arch, group] : groups) {
    const Recipe recipe = render_recipe(group, directory, archive, package.files);
    texts["prep"] += only_for(arch, groups.size(), recipe.prep);
    texts["build"] += only_for(arch, groups.size(), recipe.build);
    texts["install"] += only_for(arch, groups.size(), recipe.install);
    texts["compress"] += only_for(arch, groups.size(), render_compression(group, spec_places()));
    texts["packages"] += only_for(arch, groups.size(), packages_of(group, style, directory, templates));
  }
  texts["functions"] = install_functions();
  for (const PackageModel& model : common) {
    texts["install"] += install_commands(model, package.files, spec_places());
    texts["packages"] += sections_of(model, style, directory, templates);
  }
  package.head.tags = preamble(groups, parts, package.files, archive);
  texts["head"] = render_spec_head(package.head, templates);
  texts["compression"] = signer_compression(parts);
  package.spec = templates.render("rpm/static.spec", values);
  return package;
}

}  // namespace kmpack
