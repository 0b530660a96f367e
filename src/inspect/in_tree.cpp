#include "inspect/in_tree.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

#include "base/text.hpp"
#include "inspect/module_names.hpp"
#include "sys/files.hpp"

namespace kmpack::detail {

std::set<std::string> modules_listed(const std::filesystem::path& tree) {
  std::set<std::string> names;
  if (tree.empty()) return names;
  for (const char* list : {"modules.order", "modules.builtin"}) {
    const std::filesystem::path file = tree / list;
    std::error_code absent;
    if (!std::filesystem::is_regular_file(file, absent)) continue;
    const std::string text = read_file(file);
    for (std::string_view line : split(text, '\n')) {
      line = line.substr(line.rfind('/') + 1);
      // .ko since ever, .o in the build tree's modules.order since 6.4.
      if (const std::string_view name = line.substr(0, line.rfind('.')); !name.empty()) names.insert(kernel_spelling(name));
    }
  }
  return names;
}

}  // namespace kmpack::detail
