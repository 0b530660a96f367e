#include "package/rpm_debug.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "package/debug_information.hpp"
#include "package/naming.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

std::string without_compression(const fs::path& module) {
  std::string text = module.string();
  if (const std::size_t end = text.rfind(".ko"); end != std::string::npos) text.erase(end + 3);
  return text;
}

PackageModel beside(const PackageModel& modules, PackageKind kind, const std::string& suffix, const std::string& what) {
  PackageModel model = model_beside(modules, kind, suffix);
  model.summary = fmt::format("{} for {}", what, modules.name);
  model.description = model.summary + ".";
  return model;
}

void add_debug_information(PackageModel& model, const SealedModule& module, const fs::path& place, const fs::path& file) {
  const std::string id = shared_build_id(module, file);
  const fs::path whole = "/usr/lib/debug" + without_compression(place) + ".debug";
  model.files.push_back({.path = whole, .source = file});
  if (id.empty()) return;
  const fs::path link = debug_place(id);
  model.files.push_back({.path = link, .link = whole.lexically_relative(link.parent_path())});
}

void add_sources(PackageModel& model, const fs::path& source, const fs::path& place) {
  for (const TreeEntry& entry : walk(source)) {
    if (entry.type != EntryType::file || !is_debugger_source(entry.relative)) continue;
    fs::path packed = place / entry.relative;
    check_packed_path(packed.native());
    model.files.push_back({.path = std::move(packed), .source = source / entry.relative});
  }
}

}  // namespace

bool is_debugger_source(const fs::path& file) {
  constexpr std::array<std::string_view, 4> kSuffixes{".c", ".h", ".S", ".inc"};
  return std::ranges::find(kSuffixes, file.extension().native()) != kSuffixes.end();
}

std::vector<PackageModel> debug_models(const PackageModel& modules, const RpmCell& rpm, const fs::path& source) {
  PackageModel information = beside(modules, PackageKind::debug_info, "-debuginfo", "Debug information");
  const std::string place = rpm.cell.source_place();
  bool named = false;
  for (const SealedModule& module : rpm.modules) {
    const std::optional<fs::path> file = debug_file(module);
    if (!file) continue;
    const auto packed = std::ranges::find(modules.files, module.file, &PackedFile::source);
    if (packed == modules.files.end()) continue;
    add_debug_information(information, module, packed->path, *file);
    named = named || read_file(*file).find(place) != std::string::npos;
  }
  std::vector<PackageModel> models;
  if (information.files.empty()) return models;
  std::ranges::sort(information.files, {}, &PackedFile::path);
  models.push_back(std::move(information));
  if (!named || source.empty()) return models;
  PackageModel sources = beside(modules, PackageKind::debug_source, "-debugsource", "Sources for debuggers");
  // The compiler maps the whole copy to `place`, and the source root may be a part of it.
  add_sources(sources, source, (fs::path(place) / rpm.manifest().source.subdirectory).lexically_normal());
  if (sources.files.empty()) return models;
  std::ranges::sort(sources.files, {}, &PackedFile::path);
  // gdb finds the files without being told where they are.
  models.front().needs.push_back({.any_of = {sources.name}, .compare = "=", .version = sources.full_version()});
  models.push_back(std::move(sources));
  return models;
}

}  // namespace kmpack
