#pragma once

#include <filesystem>
#include <span>
#include <stop_token>

#include "build/build.hpp"
#include "build/private_tree.hpp"

namespace kmpack {

/// Put the sources of needed packages where a machine with dkms has them, for those who include their headers:
/// $source_tree/NAME-VERSION, $dkms_tree/NAME/VERSION/source, and by confinement_of() /usr/src/NAME-VERSION.
///
/// Shape:   copies that belong to this attempt alone, unpatched as dkms's are; `tree.needed` tells of them.
/// Errors:  those of copy_source(). Throws Cancelled.
/// Source:  facts debian.md section 1.1 (2): dkms hands nothing on; who needs a package looks at these places.
void show_needed_sources(PrivateTree& tree, std::span<const DependencySymbols> needed, const std::filesystem::path& workspace,
                         const std::stop_token& stop);

/// Does a makefile or script of the sources set KBUILD_EXTRA_SYMBOLS? Given in the environment as well, `+=` would name the same
/// symbols twice, and modpost refuses that.
bool set_extra_symbols(const std::filesystem::path& source, std::span<const BuildCommand> commands);

}  // namespace kmpack
