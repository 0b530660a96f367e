#include "package/recipe_install.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "package/naming.hpp"
#include "package/recipe_commands.hpp"
#include "package/recipe_text.hpp"
#include "wrap/compress.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

Compression ending_of(const fs::path& place) {
  for (const Compression one : {Compression::gzip, Compression::xz, Compression::zstd}) {
    if (place.native().ends_with(suffix_of(one))) return one;
  }
  return Compression::none;
}

/// pair_core of …/pair_core.ko.xz and of …/debug/pair_core.ko.debug.
std::string module_name(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.substr(0, name.find(".ko"));
}

fs::path without_ending(const fs::path& place) {
  const std::string text = place.string();
  return text.substr(0, text.size() - suffix_of(ending_of(place)).size());
}

/// What the manifest says of the module that is installed under this name.
ModuleSpec installed_module(const Manifest& manifest, const std::string& name) {
  const auto is_meant = [&](const ModuleSpec& module) {
    return module_pattern(installed_name(module).str()) == module_pattern(name);
  };
  const auto found = std::ranges::find_if(manifest.modules, is_meant);
  return found == manifest.modules.end() ? ModuleSpec{.name = ModuleName(name), .directory = "."} : *found;
}

/// Text that a shell's words can hold.
bool is_text(std::string_view content) {
  return content.ends_with('\n') && std::ranges::all_of(content, [](char letter) {
           const auto code = static_cast<unsigned char>(letter);
           return code >= 0x20U ? code != 0x7fU : letter == '\n' || letter == '\t';
         });
}

std::string root_word(const fs::path& place, const RecipePlaces& places) {
  return "\"" + places.root + places.quoted(place.string()) + "\"";
}

std::string copied(const std::string& from, const PackedFile& file, const RecipePlaces& places) {
  return fmt::format("install -D -m {:04o} {} {}\n", file.mode, from, root_word(file.path, places));
}

std::string from_source_file(const PackedFile& file, const std::string& name, const RecipePlaces& places) {
  return copied("\"" + places.sources + "/" + name + "\"", file, places);
}

/// What lies in the build root whatever a build makes: links, texts, files of the user.
std::string placed(const PackedFile& file, const fs::path& source, SourceFiles& sources, const RecipePlaces& places) {
  const std::string directory = root_word(file.path.parent_path(), places);
  if (!file.link.empty()) {
    return fmt::format("mkdir -p {}\nln -s {} {}\n", directory, places.word(file.link.string()), root_word(file.path, places));
  }
  if (!file.source.empty()) {
    const fs::path below = source.empty() ? fs::path() : file.source.lexically_relative(source);
    if (below.empty() || below.native().starts_with("..")) return from_source_file(file, sources.add(file.source), places);
    return copied("\"$source/" + places.quoted(below.string()) + "\"", file, places);
  }
  if (file.content.empty()) return copied("/dev/null", file, places);
  if (!is_text(file.content)) return from_source_file(file, sources.add(file.path.filename().native(), file.content), places);
  return fmt::format("mkdir -p {}\n{{\n{}}} > {}\n", directory, places.printed(file.content), root_word(file.path, places));
}

bool is_debug_file(const PackedFile& file) { return file.source.filename().native().ends_with(".ko.debug"); }

std::string commands_for(const PackedFile& file, const PackageModel& model, const RecipePart& part, const std::string& directory,
                         SourceFiles& sources, const RecipePlaces& places) {
  if (file.kind == FileKind::module) return module_command(file, part, places);
  if (is_debug_file(file)) {
    const Manifest& manifest = *part.cell.manifest;
    return fmt::format("kmpack_debug {} {} {}\n",
                       built_module(installed_module(manifest, module_name(file.source)), manifest, places),
                       places.word(file.path.string()), places.word(debug_list(model, directory)));
  }
  // kmpack_debug makes these: they are named for what the compiler will make.
  if (file.path.native().starts_with(kBuildIds)) return {};
  return placed(file, part.source, sources, places);
}

constexpr std::string_view kFind = R"(kmpack_find() {
  found=$(find "$1" -maxdepth 1 -type f -name "$2")
  if [ -z "$found" ]; then found=$(find "$1" -type f -name "$2"); fi
  if [ ! -f "$found" ]; then echo "no single $2 below $1" >&2; exit 1; fi
}
)";

constexpr std::string_view kFunctions = R"(kept="$PWD/kmpack.whole"
rm -rf "$kept"
kmpack_module() {
  kmpack_find "$1" "$2"
  if [ "${4:-}" = whole ]; then
    install -D -m 0755 "$found" "$RPM_BUILD_ROOT$3"
    install -D -m 0755 "$found" "$kept$3"
    return 0
  fi
  install -D -m 0755 "$found" "$RPM_BUILD_ROOT$3"
  strip --strip-debug "$RPM_BUILD_ROOT$3"
}
kmpack_debug() {
  kmpack_find "$1" "$2"
  mkdir -p "$RPM_BUILD_ROOT${3%/*}"
  objcopy --only-keep-debug "$found" "$RPM_BUILD_ROOT$3"
  id=$(readelf -n "$found" | sed -n 's/^ *Build ID: *//p')
  if [ -z "$id" ]; then return 0; fi
  rest=${id#??}
  links=/usr/lib/debug/.build-id/${id%"$rest"}
  mkdir -p "$RPM_BUILD_ROOT$links"
  ln -sf "../..${3#/usr/lib/debug}" "$RPM_BUILD_ROOT$links/$rest.debug"
  printf '%s\n' "%dir %attr(0755,root,root) $links" "$links/$rest.debug" >> "$4"
}
kmpack_whole() {
  if [ -d "$kept" ]; then cp -R "$kept/." "$RPM_BUILD_ROOT/"; fi
}
kmpack_pack() {
  if [ ! -f "$RPM_BUILD_ROOT$1" ]; then return 0; fi
  module=$RPM_BUILD_ROOT$1
  shift
  "$@" "$module"
}
)";

}  // namespace

const ModuleName& installed_name(const ModuleSpec& module) noexcept { return module.file ? *module.file : module.name; }

std::string built_module(const ModuleSpec& module, const Manifest& manifest, const RecipePlaces& places) {
  const std::string below = module.directory.lexically_normal().string();
  const std::string root = module_root(manifest);
  const std::string directory = below.empty() || below == "." ? root : root + "/" + places.quoted(below);
  return fmt::format("\"{}\" {}", directory, places.word(module_pattern(module.name.str())));
}

std::string module_pattern(const std::string& name) {
  std::string pattern;
  for (const char letter : name) pattern += letter == '_' || letter == '-' ? std::string("[-_]") : std::string(1, letter);
  return pattern + ".ko";
}

std::vector<SealedFile> sealed_files(const RecipePart& part) {
  std::vector<SealedFile> sealed;
  for (const PackageModel& model : part.models) {
    for (const PackedFile& file : model.files) {
      if (file.kind != FileKind::module) continue;
      sealed.push_back({.name = module_name(file.path), .place = without_ending(file.path), .compression = ending_of(file.path)});
    }
  }
  return sealed;
}

std::string find_function() { return std::string(kFind); }

std::string install_functions() { return spec_literal(find_function() + std::string(kFunctions)); }

std::string module_command(const PackedFile& file, const RecipePart& part, const RecipePlaces& places) {
  const Manifest& manifest = *part.cell.manifest;
  const ModuleSpec module = installed_module(manifest, module_name(file.path));
  return fmt::format("kmpack_module {} {}{}\n", built_module(module, manifest, places),
                     places.word(without_ending(file.path).string()), module.strip == Strip::no ? " whole" : "");
}

std::string file_command(const PackedFile& file, const fs::path& source, SourceFiles& sources, const RecipePlaces& places) {
  return placed(file, source, sources, places);
}

std::string install_commands(const RecipePart& part, const std::string& directory, SourceFiles& sources,
                             const RecipePlaces& places) {
  std::string text;
  for (const PackageModel& model : part.models) {
    if (std::ranges::any_of(model.files, is_debug_file))
      text += fmt::format(": > {}\n", places.word(debug_list(model, directory)));
    for (const PackedFile& file : model.files) text += commands_for(file, model, part, directory, sources, places);
  }
  return text;
}

std::string install_commands(const PackageModel& model, SourceFiles& sources, const RecipePlaces& places) {
  std::string text;
  for (const PackedFile& file : model.files) text += placed(file, {}, sources, places);
  return text;
}

}  // namespace kmpack
