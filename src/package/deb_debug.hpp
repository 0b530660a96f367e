#pragma once

#include <optional>
#include <span>

#include "package/model.hpp"

/// The package for debuggers. Private to this folder.
namespace kmpack {

/// `<pkg>-dbgsym`, as debhelper makes them beside a package of programs. Nothing without debug information that has a build id.
///
/// Shape:   /usr/lib/debug/.build-id/xx/yyyy.debug for each module, and the modules' documents under its own name.
/// Errors:  file-unreadable, module-not-elf, seal-mismatch.
/// Source:  dh_strip(1), dh_gencontrol(1); Debian's "Automatic debug packages".
std::optional<PackageModel> debug_symbols_model(const PackageModel& modules, std::span<const SealedModule> sealed);

}  // namespace kmpack
