#include "package/macro_recipe.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace kmpack {
namespace {

std::size_t count(std::string_view text, std::string_view wanted) {
  std::size_t found = 0;
  for (std::size_t at = text.find(wanted); at != std::string_view::npos; at = text.find(wanted, at + 1)) ++found;
  return found;
}

MacroRecipe recipe_of(const Manifest& manifest) {
  SourceFiles sources;
  return render_macro_recipe(manifest, {.redhat_wanted = true, .redhat_distributions = {"el9"}}, "sound-1", "sound-1.tar.xz",
                             sources);
}

Manifest sound(std::vector<ModuleSpec> modules) {
  Manifest manifest;
  manifest.name = PackageName("sound");
  manifest.version = "1";
  manifest.source.directory = "/src/sound";
  manifest.modules = std::move(modules);
  return manifest;
}

ModuleSpec module(const std::string& name, const std::string& directory, KernelRange range = {}) {
  return {.name = ModuleName(name), .directory = directory, .uses = {}, .when = {.flavors = {}, .range = std::move(range)}};
}

TEST(MacroRecipe, MakesAndTakesAModuleOfSeveralPlacesWhereItIsForTheKernel) {
  const MacroRecipe recipe =
      recipe_of(sound({module("snd", "old", {.min = {}, .max = "6.1"}), module("snd", "new", {.min = "6.2", .max = {}})}));
  EXPECT_EQ(count(recipe.install, "if kmpack_in_range '' '6.1'; then\nkmpack_module \"$source/old\" snd.ko"), 1U)
      << recipe.install;
  EXPECT_EQ(count(recipe.install, "if kmpack_in_range '6.2' ''; then\nkmpack_module \"$source/new\" snd.ko"), 1U)
      << recipe.install;
  EXPECT_EQ(count(recipe.install, "kmpack_module \""), 2U) << recipe.install;
  EXPECT_EQ(count(recipe.build, "if { kmpack_in_range '' '6.1'; }; then\nPWD=\"$source/old\" make "), 1U) << recipe.build;
  EXPECT_EQ(count(recipe.build, "if { kmpack_in_range '6.2' ''; }; then\nPWD=\"$source/new\" make "), 1U) << recipe.build;
}

TEST(MacroRecipe, TellsMakefilesWhereTheyLie) {
  const MacroRecipe recipe = recipe_of(sound({module("snd", "."), module("snd_usb", "usb")}));
  EXPECT_EQ(count(recipe.build, "\nPWD=\"$source\" make -j"), 1U) << recipe.build;
  EXPECT_EQ(count(recipe.build, "\nPWD=\"$source/usb\" make -j"), 1U) << recipe.build;
}

}  // namespace
}  // namespace kmpack
