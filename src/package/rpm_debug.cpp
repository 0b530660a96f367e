#include "package/rpm_debug.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "inspect/facts.hpp"
#include "package/naming.hpp"
#include "sys/files.hpp"
#include "wrap/elf.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// Lower-case hex; empty where the linker made none.
///
/// Source:  elf(5), note of type NT_GNU_BUILD_ID: three words, "GNU", the bytes.
std::string build_id(std::string_view bytes) {
  const ElfObject elf(bytes);
  const ElfSection* const note = elf.find(".note.gnu.build-id");
  constexpr std::size_t kHead = 16;
  if (note == nullptr || note->data.size() < kHead) return {};
  const auto length = static_cast<std::size_t>(elf.number(note->data, 4, 4).value_or(0));
  if (length < 2 || length > note->data.size() - kHead) return {};
  const std::string_view id = note->data.substr(kHead, length);
  std::string hex;
  for (const char byte : id) hex += fmt::format("{:02x}", static_cast<unsigned>(static_cast<unsigned char>(byte)));
  return hex;
}

std::string without_compression(const fs::path& module) {
  std::string text = module.string();
  if (const std::size_t end = text.rfind(".ko"); end != std::string::npos) text.erase(end + 3);
  return text;
}

/// What all packages beside the modules' say as it does.
PackageModel beside(const PackageModel& modules, PackageKind kind, const std::string& suffix, const std::string& what) {
  PackageModel model = modules;
  model.kind = kind;
  model.name = modules.name + suffix;
  model.summary = fmt::format("{} for {}", what, modules.name);
  model.description = model.summary + ".";
  for (auto* relations :
       {&model.needs, &model.provides, &model.conflicts, &model.replaces, &model.enhances, &model.supplements}) {
    relations->clear();
  }
  model.files.clear();
  model.foreign_directories.clear();
  model.scripts = {};
  return model;
}

void add_debug_information(PackageModel& model, const SealedModule& module, const fs::path& place, const fs::path& file) {
  const std::string id = build_id(decompressed_module(module.file));
  if (id != build_id(read_file(file))) {
    throw Error({.code = "seal-mismatch",
                 .message = fmt::format("{} is not of the build that made {}", file.string(), module.file.string()),
                 .hint = "run again; when it happens twice, suspect the disk or the memory of this machine"});
  }
  const fs::path whole = "/usr/lib/debug" + without_compression(place) + ".debug";
  model.files.push_back({.path = whole, .source = file});
  if (id.empty()) return;
  const fs::path link = fs::path("/usr/lib/debug/.build-id") / id.substr(0, 2) / (id.substr(2) + ".debug");
  model.files.push_back({.path = link, .link = whole.lexically_relative(link.parent_path())});
}

bool is_source(const fs::path& file) {
  constexpr std::array<std::string_view, 4> kSuffixes{".c", ".h", ".S", ".inc"};
  return std::ranges::find(kSuffixes, file.extension().native()) != kSuffixes.end();
}

void add_sources(PackageModel& model, const fs::path& source, const fs::path& place) {
  for (const TreeEntry& entry : walk(source)) {
    if (entry.type != EntryType::file || !is_source(entry.relative)) continue;
    fs::path packed = place / entry.relative;
    check_packed_path(packed.native());
    model.files.push_back({.path = std::move(packed), .source = source / entry.relative});
  }
}

}  // namespace

std::optional<fs::path> debug_file(const SealedModule& module) {
  const fs::path file =
      module.file.parent_path() / "debug" / (fs::path(without_compression(module.file)).filename().string() + ".debug");
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return std::nullopt;
  return file;
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
