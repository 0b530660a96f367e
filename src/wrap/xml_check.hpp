#pragma once

#include <optional>
#include <string_view>

#include "kmpack/diagnostic.hpp"

namespace kmpack {

/// What tinyxml2 lets pass and XML forbids: the first such thing in `text`, or nothing. `file` is what the answer names.
///
/// Source:  XML 1.0 (fifth edition) 2.2 Characters, 2.8 Prolog, 4.1 References, 4.3.3 Encodings; RFC 3629 for UTF-8.
std::optional<Diagnostic> find_forbidden_xml(std::string_view text, const std::filesystem::path& file);

}  // namespace kmpack
