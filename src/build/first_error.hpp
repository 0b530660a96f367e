#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kmpack {

/// The line of a build log that says why it failed: the first compiler error, else what modpost, the linker, make or the shell
/// complained of first. Paths under a source root come out relative to it.
///
/// Shape:   one line, without colour codes, cut at 400 bytes; nothing when no line reads as an error.
std::optional<std::string> first_error(std::string_view log, std::span<const std::string> source_roots);

}  // namespace kmpack
