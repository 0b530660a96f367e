#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <vector>

#include "pipeline/compat.hpp"
#include "sign/key.hpp"

namespace kmpack {

/// Modules of files, packages and directories of both, in order of path; without files, of the finished cells of a workspace.
/// Nothing is unpacked to disk.
///
/// Errors:  reports what cannot be read, and modules-none when that was all. Throws Cancelled.
std::vector<AskedModule> asked_modules(const std::vector<std::filesystem::path>& files, const std::filesystem::path& workspace,
                                       const std::optional<Certificate>& certificate, unsigned width, const std::stop_token& stop,
                                       Diagnostics& problems);

}  // namespace kmpack
