#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "package/model.hpp"

/// What the packages for debuggers of all formats share. Private to this folder.
namespace kmpack {

/// The file beside a sealed module that holds its debug information; nothing when there was none.
std::optional<std::filesystem::path> debug_file(const SealedModule& module);

/// The build id that a module and its debug information share, in lower-case hex; empty where the linker made none.
///
/// Errors:  file-unreadable, module-not-elf, seal-mismatch (the two files are of different builds).
/// Source:  elf(5), note of type NT_GNU_BUILD_ID: three words, "GNU", the bytes.
std::string shared_build_id(const SealedModule& module, const std::filesystem::path& debug);

/// Where debuggers look for a build id: `/usr/lib/debug/.build-id/xx/yyyy.debug`.
///
/// Source:  gdb "Separate Debug Files".
std::filesystem::path debug_place(const std::string& build_id);

/// A package beside the modules' that says of itself what they say: no files, relations or scripts yet.
PackageModel model_beside(const PackageModel& modules, PackageKind kind, const std::string& suffix);

}  // namespace kmpack
