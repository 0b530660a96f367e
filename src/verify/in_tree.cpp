#include "verify/in_tree.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"
#include "inspect/facts.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using std::string;
using std::string_view;

constexpr auto kModuleSuffixes = std::to_array<string_view>({".ko", ".ko.gz", ".ko.xz", ".ko.zst"});

// What depmod reads of a kernel package beside the modules. Source: depmod.d(5), linux scripts/Makefile.modinst.
constexpr auto kLists = std::to_array<const char*>({"modules.builtin", "modules.builtin.modinfo", "modules.order"});

/// Keys of all that a module asks for. "pre: a b post: c" is how modinfo prints a soft dependency.
std::vector<string> wishes_of(const ModuleFacts& facts) {
  std::vector<string> wishes;
  for (const string& name : facts.depends) wishes.push_back(module_key(name));
  for (const string& line : facts.softdeps) {
    for (const string& word : words(line)) {
      if (!word.ends_with(':')) wishes.push_back(module_key(word));
    }
  }
  return wishes;
}

}  // namespace

bool is_module_file(string_view file_name) noexcept {
  return std::ranges::any_of(kModuleSuffixes, [&](string_view suffix) { return file_name.ends_with(suffix); });
}

string module_key(string_view name) {
  for (const string_view suffix : kModuleSuffixes) {
    if (name.ends_with(suffix)) {
      name.remove_suffix(suffix.size());
      break;
    }
  }
  string key{name};
  std::ranges::replace(key, '-', '_');
  return key;
}

InTreeModules::InTreeModules(const ImageTree& image) : modules_(image.modules) {
  std::error_code absent;
  if (!fs::exists(modules_ / "kernel", absent)) return;
  for (const TreeEntry& entry : walk(modules_ / "kernel")) {
    const string name = entry.relative.filename().string();
    if (entry.type == EntryType::file && is_module_file(name)) by_key_.emplace(module_key(name), "kernel" / entry.relative);
  }
}

const fs::path* InTreeModules::find(string_view module) const {
  const auto found = by_key_.find(module_key(module));
  return found == by_key_.end() ? nullptr : &found->second;
}

std::vector<fs::path> InTreeModules::needed_by(std::span<const ModuleFacts> modules) const {
  std::set<fs::path> found;
  std::vector<string> open;
  for (const ModuleFacts& facts : modules) {
    open.push_back(module_key(facts.name.str()));
    std::ranges::move(wishes_of(facts), std::back_inserter(open));
  }
  while (!open.empty()) {
    const fs::path* const path = find(open.back());
    open.pop_back();
    if (path == nullptr || !found.insert(*path).second) continue;
    std::ranges::move(wishes_of(read_module_facts(modules_ / *path)), std::back_inserter(open));
  }
  return {found.begin(), found.end()};
}

void InTreeModules::copy_needed(std::span<const ModuleFacts> modules, const fs::path& directory) const {
  make_directories(directory);
  for (const char* list : kLists) {
    std::error_code absent;
    if (fs::exists(modules_ / list, absent)) clone_file(modules_ / list, directory / list);
  }
  for (const fs::path& module : needed_by(modules)) {
    make_directories((directory / module).parent_path());
    clone_file(modules_ / module, directory / module);
  }
}

}  // namespace kmpack
