#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "package/recipe.hpp"

/// The commands of a spec's %install section. Private to this folder.
namespace kmpack {

/// A module's file in the build root before it is compressed.
struct SealedFile {
  std::string name;
  std::filesystem::path place;  ///< without the ending of the compression
  Compression compression = Compression::none;
};
std::vector<SealedFile> sealed_files(const RecipePart& part);

/// A module's file as `find -name` takes it: kbuild's files may have dashes where the module's name has none.
std::string module_pattern(const std::string& name);
/// Shell functions that install_commands() calls.
std::string install_functions();
/// Put every file of a part's packages into the build root; `$source` is the compiled copy.
std::string install_commands(const RecipePart& part, const std::string& directory, SourceFiles& sources);
/// The same for a package that no kernel's build has a part in.
std::string install_commands(const PackageModel& model, SourceFiles& sources);

}  // namespace kmpack
