#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "package/recipe.hpp"

/// The commands of a spec's %install section and of a debian/rules. Private to this folder.
namespace kmpack {

/// A module's file in the build root before it is compressed.
struct SealedFile {
  std::string name;
  std::filesystem::path place;  ///< without the ending of the compression
  Compression compression = Compression::none;
};
std::vector<SealedFile> sealed_files(const RecipePart& part);

/// Name of a module's installed file, without .ko.
const ModuleName& installed_name(const ModuleSpec& module) noexcept;
/// Where the build leaves a module and the pattern of its name there, as arguments of the shell.
std::string built_module(const ModuleSpec& module, const Manifest& manifest, const RecipePlaces& places);
/// A module's file as `find -name` takes it: kbuild's files may have dashes where the module's name has none.
std::string module_pattern(const std::string& name);
/// The function kmpack_find: what a build made of a module, as `$found`.
std::string find_function();
/// Shell functions that install_commands() calls, for a spec.
std::string install_functions();
/// A call of the function kmpack_module: put a compiled module below the root, where it is not compressed yet.
std::string module_command(const PackedFile& file, const RecipePart& part, const RecipePlaces& places);
/// Put a file that no build makes below the root; `source` is what `$source` is a copy of, empty: the package has none.
std::string file_command(const PackedFile& file, const std::filesystem::path& source, SourceFiles& sources,
                         const RecipePlaces& places);
/// Put every file of a part's packages into the build root; `$source` is the compiled copy.
std::string install_commands(const RecipePart& part, const std::string& directory, SourceFiles& sources,
                             const RecipePlaces& places);
/// The same for a package that no kernel's build has a part in.
std::string install_commands(const PackageModel& model, SourceFiles& sources, const RecipePlaces& places);

}  // namespace kmpack
