#include "headers/installed_trees.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "headers/store_layout.hpp"
#include "headers/tree.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

std::vector<fs::path> entries(const fs::path& directory, std::string_view prefix) {
  std::vector<fs::path> found;
  std::error_code absent;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, absent)) {
    if (entry.path().filename().string().starts_with(prefix)) found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace

std::vector<fs::path> trees_of_root(const fs::path& root) {
  std::vector<fs::path> trees;
  for (const char* place : {"lib/modules", "usr/lib/modules"}) {
    for (const fs::path& modules : entries(root / place, "")) {
      std::error_code absent;
      const fs::path link = fs::read_symlink(modules / "build", absent);
      trees.push_back(absent || link.is_relative() ? modules / "build" : root / link.relative_path());
    }
  }
  std::ranges::move(possible_trees(root), std::back_inserter(trees));
  std::vector<fs::path> usable;
  std::set<fs::path> seen;
  for (const fs::path& tree : trees) {
    std::error_code absent;
    const fs::path real = fs::canonical(tree, absent);
    if (!absent && seen.insert(real).second && is_header_tree(real)) usable.push_back(real);
  }
  return usable;
}

std::string distribution_of_root(const fs::path& root) {
  std::string id;
  std::string version;
  for (const char* place : {"etc/os-release", "usr/lib/os-release"}) {
    std::error_code absent;
    if (!fs::is_regular_file(root / place, absent)) continue;
    const std::string text = read_file(root / place);
    for (const std::string_view line : split(text, '\n')) {
      const auto value = [&](std::string_view name, std::string& into) {
        if (!line.starts_with(name)) return;
        into = trimmed(line.substr(name.size()));
        std::erase_if(into, [](char c) { return c == '"' || c == '\''; });
      };
      value("ID=", id);
      value("VERSION_ID=", version);
    }
    break;
  }
  return version.empty() ? id : id + "-" + version;
}

}  // namespace kmpack
