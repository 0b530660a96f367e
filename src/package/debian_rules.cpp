#include "package/debian_rules.hpp"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "package/debian_control.hpp"
#include "package/documents.hpp"
#include "package/naming.hpp"
#include "package/recipe_install.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

const RecipePlaces& places_for(std::string_view directory) {
  const auto places = [](std::string_view below) {
    return RecipePlaces{.sources = fmt::format("$top/debian/{}", below),
                        .root = "$root",
                        .make = "make",
                        .makeflags = "${MAKEFLAGS:-}",
                        .root_map = ""};
  };
  static const RecipePlaces patches = places(kDebianPatches);
  static const RecipePlaces files = places(kDebianFiles);
  return directory == kDebianPatches ? patches : files;
}

std::string without_last_newline(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  // A function of the shell needs a command.
  return text.empty() ? ":" : text;
}

/// dh_installdocs, dh_installchangelogs and dh_lintian place these.
bool is_debhelpers(const PackedFile& file, const PackageModel& model) {
  const fs::path papers = fs::path("/usr/share/doc") / model.name;
  return file.path == papers / "copyright" || file.path == papers / "changelog.Debian.gz" ||
         file.path.parent_path() == kLintianOverrides;
}

std::string placed_files(const PackageModel& model, const fs::path& source, SourceFiles& files) {
  const RecipePlaces& places = places_for(kDebianFiles);
  std::string text;
  for (const PackedFile& file : model.files) {
    if (file.kind == FileKind::module || is_debhelpers(file, model)) continue;
    text += file_command(file, source, files, places);
  }
  return text.empty() ? text : fmt::format("root=$top/debian/{}\n{}", places.word(model.name), text);
}

std::string placing(const RecipePart& part, SourceFiles& files) {
  const RecipePlaces& places = places_for(kDebianFiles);
  std::string text;
  for (const SealedFile& module : sealed_files(part)) text += "kmpack_sign " + places.word(module.place.string()) + "\n";
  text += render_compression(std::span(&part, 1), places);
  for (const PackageModel& model : part.models) text += placed_files(model, part.source, files);
  return without_last_newline(text);
}

std::string modules_of(const RecipePart& part) {
  std::string text;
  for (const PackedFile& file : part.models.front().files) {
    if (file.kind == FileKind::module) text += module_command(file, part, places_for(kDebianFiles));
  }
  return without_last_newline(text);
}

std::string below(const fs::path& path) {
  const std::string text = path.lexically_normal().string();
  return text.empty() || text == "." ? std::string() : "/" + places_for(kDebianFiles).quoted(text);
}

DebianFile kernel_file(const RecipePart& part, const fs::path& top, const RulesContext& context) {
  const Kernel& kernel = *part.cell.kernel;
  TemplateValues values;
  values.texts = {{"id", one_line(kernel.id())},
                  {"release", shell_quoted(kernel.release.str())},
                  {"headers", shell_quoted(headers_package(kernel))},
                  {"package", shell_quoted(part.models.front().name)},
                  {"inner", below(part.cell.manifest->source.subdirectory)},
                  {"top", below(top)},
                  {"prepare", without_last_newline(recipe_source(part, places_for(kDebianPatches), context.patches))},
                  {"compile", without_last_newline(recipe_make(part, "$tree", places_for(kDebianFiles)))},
                  {"modules", modules_of(part)},
                  {"place", placing(part, context.files)}};
  return {.place = fs::path("kernels") / kernel.release.str(), .content = context.templates.render("debian/kernel", values)};
}

/// What a package's version has after that of the source.
std::string stamp_of(const PackageModel& model) {
  const std::string version = model.full_version();
  return version.starts_with(model.source_version) ? version.substr(model.source_version.size()) : std::string();
}

std::string kernel_variables(std::span<const RecipePart> parts) {
  std::map<std::string, std::string> kernels;
  std::string packages;
  std::string stamps;
  for (const RecipePart& part : parts) {
    const std::string& release = part.cell.kernel->release.str();
    kernels[part.models.front().arch] += " " + release;
    packages += fmt::format("PACKAGES_{} :=", release);
    for (const PackageModel& model : part.models) {
      packages += " " + model.name;
      if (const std::string stamp = stamp_of(model); !stamp.empty()) stamps += fmt::format("STAMP_{} := {}\n", model.name, stamp);
    }
    packages += "\n";
  }
  std::string text;
  for (const auto& [arch, releases] : kernels) text += fmt::format("KERNELS_{} :={}\n", arch, releases);
  return without_last_newline(text + packages + stamps);
}

}  // namespace

std::vector<DebianFile> render_rules(const DebianSource& source, std::span<const RecipePart> parts,
                                     std::span<const PackageModel> common, const fs::path& top, const RulesContext& context) {
  const std::string title = source.name + ": kernel modules for several kernels from one source";
  std::string common_files;
  for (const PackageModel& model : common) common_files += placed_files(model, {}, context.files);
  TemplateValues values;
  values.texts = {{"name", source.name},
                  {"rule", std::string(title.size(), '=')},
                  {"example", parts.front().cell.kernel->release.str()},
                  {"kernels", kernel_variables(parts)},
                  {"common", common_files},
                  {"find", without_last_newline(find_function())}};
  std::vector<DebianFile> files;
  files.push_back({.place = "rules", .content = context.templates.render("debian/rules", values), .mode = 0755});
  files.push_back({.place = "build-modules", .content = context.templates.render("debian/build-modules", values)});
  files.push_back({.place = "README.source", .content = context.templates.render("debian/README.source", values)});
  if (!common_files.empty()) files.push_back({.place = "common", .content = common_files});
  for (const RecipePart& part : parts) files.push_back(kernel_file(part, top, context));
  return files;
}

}  // namespace kmpack
