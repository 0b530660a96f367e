#include <cstdlib>
#include <optional>

#include "flavors/catalogue.hpp"
#include "sys/data.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// Source: XDG Base Directory Specification 0.8: a relative path there is to be ignored.
std::optional<fs::path> user_directory() {
  if (const char* config = std::getenv("XDG_CONFIG_HOME"); config != nullptr && config[0] == '/')
    return fs::path(config) / "kmpack/flavors";
  if (const char* home = std::getenv("HOME"); home != nullptr && home[0] == '/') return fs::path(home) / ".config/kmpack/flavors";
  return std::nullopt;
}

}  // namespace

std::vector<fs::path> catalogue_directories(std::span<const fs::path> from_command_line) {
  std::vector<fs::path> directories(from_command_line.begin(), from_command_line.end());
  if (auto own = user_directory()) directories.push_back(std::move(*own));
  for (fs::path& shipped : data_directories("flavors")) directories.push_back(std::move(shipped));
  directories.emplace_back("/usr/share/kmpack/flavors");
  return directories;
}

}  // namespace kmpack
