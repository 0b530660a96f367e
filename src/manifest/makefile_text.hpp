#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kmpack {

/// `obj-m` or `obj-$(CONFIG_X)` and what is assigned or added to it.
struct ObjectList {
  std::string option;  ///< CONFIG_X, empty for obj-m
  std::vector<std::string> words;
  std::uint32_t line = 0;
};

/// What a Kbuild says of modules when it is read and not run.
struct MakefileText {
  std::vector<ObjectList> objects;
  std::map<std::string, std::vector<std::string>> parts;  ///< of composite modules: what `name-objs` or `name-y` lists
};

/// Assignments in all branches of all conditions together, plain variables replaced. A reference that stays unknown (a function,
/// a variable of the environment) is kept as it is written.
///
/// Source:  linux Documentation/kbuild/makefiles.rst 3.1 to 3.3; GNU make manual 6.2, 6.6.
MakefileText read_makefile_text(std::string_view text);

/// Does this file assign obj-m or obj-$(CONFIG_X)? Errors: file-unreadable.
bool names_modules(const std::filesystem::path& file);

}  // namespace kmpack
