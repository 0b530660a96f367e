#pragma once

#include <optional>
#include <string>

#include "headers/config.hpp"
#include "kmpack/kernel.hpp"

// Private to src/inspect.
namespace kmpack::detail {

/// The vermagic line of a kernel's own modules: what its linux/vermagic.h and asm/vermagic.h make of its configuration. Nothing
/// where they say something that is not understood here, as ARM's do.
///
/// Errors:  file-unreadable.
/// Source:  linux include/linux/vermagic.h, scripts/Makefile.randstruct. The words and their order change from version to
/// version,
///          so the tree's own file is read.
std::optional<std::string> vermagic_of(const HeaderTree& headers);

/// The options that vermagic_of() may ask the configuration for.
OptionNames options_of_vermagic(const HeaderTree& headers);

}  // namespace kmpack::detail
