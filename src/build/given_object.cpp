#include "build/given_object.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <system_error>

#include "base/text.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr auto kMadeBesides = std::to_array<std::string_view>({".mod.o", ".lto.o", ".prelink.o"});
constexpr auto kSources = std::to_array<std::string_view>({".c", ".S", ".s", ".rs", ".asm", ".cc", ".cpp"});

/// Does kbuild's record of an object rule out that the object came as it is? None, or an empty one that only satisfies modpost,
/// says nothing.
bool was_made_here(const fs::path& object) {
  std::ifstream record(object.parent_path() / ("." + object.filename().string() + ".cmd"));
  bool is_empty = true;
  std::string line;
  while (std::getline(record, line)) {
    if (trimmed(line).empty()) continue;
    is_empty = false;
    const std::size_t at = line.find(" := ");
    if (!line.starts_with("source_") || at == std::string::npos) continue;
    std::error_code unseen;
    return fs::exists(object.parent_path() / trimmed(line.substr(at + 4)), unseen);
  }
  return !is_empty;
}

}  // namespace

bool is_given_object(const fs::path& object) {
  const std::string name = object.filename().string();
  if (name.starts_with('.') || !name.ends_with(".o")) return false;
  if (std::ranges::any_of(kMadeBesides, [&](std::string_view ending) { return name.ends_with(ending); })) return false;
  std::error_code unseen;
  for (const std::string_view extension : kSources) {
    if (fs::exists(fs::path(object).replace_extension(extension), unseen)) return false;
  }
  return fs::is_regular_file(object, unseen) && !was_made_here(object);
}

}  // namespace kmpack
