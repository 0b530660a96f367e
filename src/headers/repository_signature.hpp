#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "sys/process.hpp"

namespace kmpack {

/// Why the detached OpenPGP signature over `content` cannot be relied on; nothing when it can.
///
/// Shape:   `key` has the only keys that count, with or without ASCII armor; keyrings of this user are not looked at. A signature
///          with SHA-1, one that has expired and one of a key that has expired or was revoked do not count.
/// Errors:  tool-missing (gpgv), file-unwritable, process-failed-to-start. Throws Cancelled.
/// Source:  gpgv(1); GnuPG doc/DETAILS, "Format of the --status-fd output": gpgv itself passes expired keys.
std::optional<std::string> signature_fault(const std::filesystem::path& content, const std::filesystem::path& signature,
                                           const std::filesystem::path& key, CommandRunner& runner, const std::stop_token& stop);

}  // namespace kmpack
