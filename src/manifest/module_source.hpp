#pragma once

#include <string>
#include <string_view>

namespace kmpack {

/// What one C source says of its module; empty where it says nothing that can be read without a preprocessor.
struct ModuleSource {
  std::string spdx;            ///< of its SPDX-License-Identifier line
  std::string module_license;  ///< MODULE_LICENSE
  std::string version;         ///< MODULE_VERSION
  std::string description;     ///< MODULE_DESCRIPTION
  std::string author;          ///< MODULE_AUTHOR, the first
};

/// Macro arguments are string literals, or names that the same file defines as such.
///
/// Source:  linux include/linux/module.h; Documentation/process/license-rules.rst.
ModuleSource read_module_source(std::string_view text);

}  // namespace kmpack
