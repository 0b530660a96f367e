#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/diagnostic.hpp"

// Private to the lint.
namespace kmpack::detail {

/// How a Makefile is read: by kbuild for what it builds, or by a make call of the package's own.
enum class MakefileReader { kbuild, own };

/// What is known of the make that reads a Makefile.
struct MakefileUse {
  MakefileReader reader = MakefileReader::kbuild;
  std::set<std::string> given;        ///< variables on its command line: assignments in the file do not count
  std::set<std::string> environment;  ///< variables in its environment: `?=` does not count
  std::vector<std::string> goals;     ///< none: the first target
  bool called_by_kbuild = false;      ///< nobody writes a make call that variables could be passed with
};

struct SubMake {
  std::filesystem::path directory;  ///< relative to the Makefile's
  MakefileUse use;
};

/// Warn where the build, as it is called, takes the release of the running kernel or a fixed path of header trees and dkms's
/// trees.
///
/// Shape:   `file` is what messages name. What only targets do that are not made (install, load) is not complained about, nor
/// what
///          the make call sets otherwise. Returns the makes it starts in directories below.
/// Errors:  warns lint-running-kernel, lint-path-fixed.
/// Threads: safe from many.
/// Source:  GNU make manual 6.10, 6.11, 7.2, 9.5; linux Documentation/kbuild/modules.rst; facts debian.md section 1.4 (import,
/// items 3 and 6).
std::vector<SubMake> lint_makefile(std::string_view text, const std::filesystem::path& file, const MakefileUse& use,
                                   Diagnostics& problems);

}  // namespace kmpack::detail
