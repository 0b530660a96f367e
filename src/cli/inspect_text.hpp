#pragma once

#include <filesystem>
#include <string>

#include "kmpack/module.hpp"
#include "wrap/deb.hpp"
#include "wrap/rpm.hpp"

namespace kmpack {

// What `inspect` tells a person: one `name: value` line for each thing, lists one line for each item.
std::string inspect_text(const std::filesystem::path& file, const ModuleFacts& facts);
std::string inspect_text(const std::filesystem::path& file, const DebPackage& package);
std::string inspect_text(const std::filesystem::path& file, const RpmHeader& header);

}  // namespace kmpack
