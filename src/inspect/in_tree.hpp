#pragma once

#include <filesystem>
#include <set>
#include <string>

// Private to src/inspect.
namespace kmpack::detail {

/// Modules that modules.order and modules.builtin of a kernel tree name, in the kernel's spelling; a tree without them (Debian's
/// headers) gives none.
///
/// Source:  linux Documentation/kbuild/kbuild.rst.
std::set<std::string> modules_listed(const std::filesystem::path& tree);

}  // namespace kmpack::detail
