#pragma once

#include <string>

#include "kmpack/cell.hpp"
#include "package/recipe_text.hpp"

/// A manifest's own build commands in the text of a recipe. Private to this folder.
namespace kmpack {

/// What a recipe says for the kernel, each as it stands between double quotes of the shell.
struct KernelWords {
  std::string tree;     ///< the headers
  std::string release;  ///< as `uname -r`
  std::string arch;     ///< as `uname -m`
  std::string epoch;    ///< what stands for the present, in seconds
};

[[nodiscard]] bool has_commands(const MakeSpec& make) noexcept;

/// Shell text for the commands of one kernel; `$copy` is what was unpacked, `$source` the source root in it.
///
/// Shape:   setup() lays out what commands find round the source, as furnish() does, and defines the function that runs one;
/// run()
///          calls it. bash and its environment are those of shell_command(), but for PATH and the job slots, which are the
///          builder's, and without confinement: a builder is confined as it is.
/// Errors:  make-variable-reserved.
class RecipeCommands {
 public:
  RecipeCommands(const Cell& cell, KernelWords words, const RecipePlaces& places);

  [[nodiscard]] std::string setup() const;
  [[nodiscard]] std::string run(const BuildCommand& command) const;
  /// What runs last finds the modules taken already, and may clean up.
  [[nodiscard]] static std::string take_modules();

 private:
  [[nodiscard]] std::string filled(std::string text) const;

  const Cell& cell_;
  KernelWords words_;
  const RecipePlaces& places_;
};

/// Below what a module is found when its recipe has built it: `$source`, or where take_modules() put it.
std::string module_root(const Manifest& manifest);

}  // namespace kmpack
