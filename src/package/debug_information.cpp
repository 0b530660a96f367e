#include "package/debug_information.hpp"

#include <fmt/format.h>

#include "inspect/facts.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "wrap/elf.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

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

}  // namespace

std::optional<fs::path> debug_file(const SealedModule& module) {
  std::string name = module.file.filename().string();
  if (const std::size_t end = name.rfind(".ko"); end != std::string::npos) name.erase(end + 3);
  fs::path file = module.file.parent_path() / "debug" / (name + ".debug");
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return std::nullopt;
  return file;
}

std::string shared_build_id(const SealedModule& module, const fs::path& debug) {
  std::string id = build_id(decompressed_module(module.file));
  if (id == build_id(read_file(debug))) return id;
  throw Error({.code = "seal-mismatch",
               .message = fmt::format("{} is not of the build that made {}", debug.string(), module.file.string()),
               .hint = "run again; when it happens twice, suspect the disk or the memory of this machine"});
}

fs::path debug_place(const std::string& build_id) {
  return fs::path("/usr/lib/debug/.build-id") / build_id.substr(0, 2) / (build_id.substr(2) + ".debug");
}

PackageModel model_beside(const PackageModel& modules, PackageKind kind, const std::string& suffix) {
  PackageModel model = modules;
  model.kind = kind;
  model.name = modules.name + suffix;
  for (auto* relations :
       {&model.needs, &model.provides, &model.conflicts, &model.replaces, &model.enhances, &model.supplements}) {
    relations->clear();
  }
  model.files.clear();
  model.foreign_directories.clear();
  model.scripts = {};
  return model;
}

}  // namespace kmpack
