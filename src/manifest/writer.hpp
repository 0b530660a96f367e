#pragma once

#include <string>

#include "kmpack/manifest.hpp"

namespace kmpack {

/// A kmpack.xml with comments that a person goes on editing. Paths are written relative to the folder of `manifest.file`.
///
/// Shape:   parse_manifest() of the answer gives the same manifest, for every manifest that parse_manifest() can give.
std::string render_manifest(const Manifest& manifest);

}  // namespace kmpack
