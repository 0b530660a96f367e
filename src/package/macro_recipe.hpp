#pragma once

#include <string>

#include "kmpack/manifest.hpp"
#include "package/macro_spec.hpp"
#include "package/source_files.hpp"

/// What a macro spec does for each flavor that the build root has. Private to this folder.
namespace kmpack {

struct MacroRecipe {
  std::string prep;
  std::string build;
  std::string install;
};

/// Shell text that builds for every flavor of %flavors_to_build; what is for some kernels only is asked of each kernel's own
/// version and flavor.
///
/// Source:  facts suse.md section 1.4, redhat.md section 1.2.
MacroRecipe render_macro_recipe(const Manifest& manifest, const MacroFlavors& flavors, const std::string& directory,
                                const std::string& archive, SourceFiles& sources);

}  // namespace kmpack
