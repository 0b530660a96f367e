#pragma once

#include <cstdint>
#include <filesystem>
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
  /// Lines of these, 0 for what is not there. A macro whose argument cannot be read has a line and no text.
  std::uint32_t spdx_line = 0;
  std::uint32_t license_line = 0;
  std::uint32_t version_line = 0;
  std::uint32_t description_line = 0;
  std::uint32_t author_line = 0;
  /// The argument of MODULE_LICENSE as it is written.
  std::string license_argument;
  /// Where it was read, for messages; and is it of a module that the package is to have? For whoever reads files to say.
  std::filesystem::path file;
  bool wanted = false;
};

/// Macro arguments are string literals, or names that the same file defines as such.
///
/// Source:  linux include/linux/module.h; Documentation/process/license-rules.rst.
ModuleSource read_module_source(std::string_view text);

}  // namespace kmpack
