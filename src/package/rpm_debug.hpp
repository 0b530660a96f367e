#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "package/rpm_style.hpp"

/// Packages for debuggers.
namespace kmpack {

/// Is it of those that `<pkg>-debugsource` takes of a package's sources?
bool is_debugger_source(const std::filesystem::path& file);

/// `<pkg>-debuginfo` and, where the debug information names the sources, `<pkg>-debugsource`. Empty without debug information.
///
/// Shape:   /usr/lib/debug<path of the module>.debug, /usr/lib/debug/.build-id/xx/yyyy.debug as links to it, and the sources
/// where
///          Cell::source_place() says: that place is compiled in before packages have names, so it is not named after one.
/// Errors:  file-unreadable, module-not-elf, seal-mismatch (the two files are of different builds).
/// Source:  rpm find-debuginfo(1); gdb "Separate Debug Files".
std::vector<PackageModel> debug_models(const PackageModel& modules, const RpmCell& rpm, const std::filesystem::path& source);

}  // namespace kmpack
