#pragma once

#include <filesystem>
#include <optional>

#include "flavors/catalogue.hpp"

namespace kmpack {

/// One catalogue file. Nothing when it has mistakes, which are reported.
///
/// Errors:  reports xml-*, element-*, attribute-*, value-unknown, catalogue-invalid.
std::optional<Catalogue> read_catalogue(const std::filesystem::path& file, Diagnostics& problems);

}  // namespace kmpack
