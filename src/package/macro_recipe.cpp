#include "package/macro_recipe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "build/make_command.hpp"
#include "manifest/build_order.hpp"
#include "package/macro_conditions.hpp"
#include "package/naming.hpp"
#include "package/recipe_commands.hpp"
#include "package/recipe_install.hpp"
#include "package/recipe_text.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// Flavors stand in a macro that only the distribution's macros define; nothing would be built, and nobody told, without it.
std::string loop(const std::string& directory, const Manifest& manifest, const std::string& body) {
  const fs::path& inner = manifest.source.subdirectory;
  return fmt::format(
      "for flavor in %{{?flavors_to_build}}; do\n"
      "tree=%{{?kernel_source:%{{kernel_source $flavor}}}}\n"
      "release=$(cat \"$tree/include/config/kernel.release\")\n"
      "copy=\"$PWD/{}/$flavor\"\n"
      "source=\"$copy{}\"\n{}done\n",
      recipe_quoted(directory), inner.empty() ? "" : "/" + recipe_quoted(inner.lexically_normal().string()), body);
}

std::string patch_lines(const Manifest& manifest, const MacroFlavors& flavors, SourceFiles& sources) {
  std::string text;
  for (const PatchSpec& patch : manifest.patches) {
    const std::string apply = fmt::format(
        "patch --unified --strip={} --forward --fuzz={} --batch --no-backup-if-mismatch --directory=\"$source\" "
        "--input=\"$RPM_SOURCE_DIR/{}\"\n",
        patch.strip, patch.fuzz, sources.add(patch.file));
    text += where_it_holds(patch.when, flavors, apply);
  }
  return text;
}

/// Another of the same name, for other kernels, may lie in another directory.
bool makes(const BuildStep& step, const ModuleSpec& module) {
  return module.directory == step.directory && std::ranges::find(step.modules, module.name) != step.modules.end();
}

/// A step is needed where one of its modules is.
std::string where_needed(const Manifest& manifest, const BuildStep& step, const MacroFlavors& flavors,
                         const std::string& commands) {
  std::vector<std::string> tests;
  for (const ModuleSpec& module : manifest.modules) {
    if (!makes(step, module)) continue;
    const std::string test = macro_condition(module.when, flavors).value_or("");
    if (test.empty()) return commands;
    tests.push_back("{ " + test + "; }");
  }
  return fmt::format("if {}; then\n{}fi\n", joined(tests, " || "), commands);
}

std::string kbuild_lines(const Manifest& manifest, const Cell& cell, const MacroFlavors& flavors) {
  const HeaderTree headers{.tree = "/@tree@"};
  std::string text;
  for (const BuildStep& step : build_order(manifest)) {
    const fs::path below = step.directory.lexically_normal();
    const bool is_root = below.empty() || below == ".";
    const std::string place = is_root ? std::string("/@source@") : "/@source@/" + below.string();
    const Command command =
        make_command({.cell = cell, .headers = headers, .copy = "/@copy@", .directory = place, .extra_symbols = {"/@symbols@"}});
    const auto filled = [](std::string line) {
      line = replaced(std::move(line), "/@tree@", "$tree");
      line = replaced(std::move(line), "/@copy@", "$copy");
      line = replaced(std::move(line), "/@source@", "$source");
      return replaced(std::move(line), "/@symbols@", "$symbols");
    };
    // As everywhere: Makefiles find their own headers by $(PWD).
    std::string call = fmt::format("PWD=\"{}\" make -j\"${{RPM_BUILD_NCPUS:-1}}\"", filled(recipe_quoted(place)));
    for (const std::string& arg : command.args) call += fmt::format(" \\\n  \"{}\"", filled(recipe_quoted(one_line(arg))));
    const std::string symbols = filled(recipe_quoted(place + "/Module.symvers"));
    call += fmt::format("\nif [ -s \"{0}\" ]; then symbols=\"$symbols {0}\"; fi\n", symbols);
    text += where_needed(manifest, step, flavors, call);
  }
  return text;
}

std::string make_lines(const Manifest& manifest, const MacroFlavors& flavors) {
  // The make call of a kernel that only the build root knows: kernels have no part in it but for the paths put in afterwards.
  const Cell cell{.manifest = std::make_shared<const Manifest>(manifest), .kernel = std::make_shared<const Kernel>()};
  const MakeSpec& make = manifest.make;
  const std::string kbuild = kbuild_lines(manifest, cell, flavors);
  if (!has_commands(make)) return "symbols=\n" + kbuild;
  const RecipeCommands commands(
      cell, {.tree = "$tree", .release = "$release", .arch = "$(uname -m)", .epoch = "${SOURCE_DATE_EPOCH:-0}"}, spec_places());
  const auto runs = [&](const std::vector<BuildCommand>& list, const std::string& more) {
    std::string text;
    for (const BuildCommand& command : list) text += where_it_holds(command.when, flavors, commands.run(command) + more);
    return text;
  };
  std::string text = "symbols=\n" + commands.setup() + runs(make.before, {});
  const auto is_for_all = [](const BuildCommand& command) { return command.when.unconditional(); };
  if (make.commands.empty()) {
    text += kbuild;
  } else if (std::ranges::any_of(make.commands, is_for_all)) {
    text += runs(make.commands, {});
  } else {
    text += "built=\n" + runs(make.commands, "built=yes\n") + fmt::format("if [ -z \"$built\" ]; then\n{}fi\n", kbuild);
  }
  if (!make.after.empty()) text += RecipeCommands::take_modules();
  return text + runs(make.after, {});
}

/// One override for each module, as weak-updates needs on Red Hat's side.
///
/// Source:  facts redhat.md section 1.4.
std::string override_lines(const Manifest& manifest, const MacroFlavors& flavors, const std::string& name) {
  std::string text = "%if ! 0%{?suse_version}\nvariant=\nif [ \"$flavor\" != default ]; then variant=-$flavor; fi\n";
  // depmod reads the release as a regular expression.
  text += "mkdir -p \"$RPM_BUILD_ROOT/etc/depmod.d\"\npattern=$(echo \"$release\" | sed 's/+/[+]/g')\n{\n";
  for (const ModuleSpec& module : manifest.modules) {
    const std::string word = recipe_quoted(installed_name(module).str());
    text += where_it_holds(
        module.when, flavors,
        fmt::format("echo \"override {0} * weak-updates/{1}\"\necho \"override {0} $pattern extra/{1}\"\n", word, name));
  }
  return text + fmt::format("}} > \"$RPM_BUILD_ROOT/etc/depmod.d/kmod-{}$variant.conf\"\n%endif\n", name);
}

std::string document_lines(const Manifest& manifest, const std::string& name) {
  std::string text = fmt::format(
      "%if 0%{{?suse_version}}\npackage={0}-kmp-$flavor\n%else\npackage=kmod-{0}\n"
      "if [ \"$flavor\" != default ]; then package=$package-$flavor; fi\n%endif\n",
      name);
  const auto put = [&](const fs::path& file, std::string_view where) {
    text += fmt::format("install -D -m 0644 \"$source/{}\" \"$RPM_BUILD_ROOT/usr/share/{}/$package/{}\"\n",
                        recipe_quoted(file.string()), where, recipe_quoted(file.filename().string()));
  };
  for (const fs::path& file : manifest.install.licenses) put(file, "licenses");
  for (const fs::path& file : manifest.install.documents) put(file, "doc");
  return manifest.install.licenses.empty() && manifest.install.documents.empty() ? std::string() : text;
}

std::string install_lines(const Manifest& manifest, const MacroFlavors& flavors) {
  const std::string name = rpm_name(manifest.name.str());
  std::string text = fmt::format("place=%{{kmpack_modules}}/$release/%{{?kernel_module_package_moddir}}/{}\n", name);
  for (const BuildStep& step : build_order(manifest)) {
    for (const ModuleSpec& module : manifest.modules) {
      if (!makes(step, module)) continue;
      text += where_it_holds(module.when, flavors,
                             fmt::format("kmpack_module {} \"$place/{}.ko\"\n", built_module(module, manifest, spec_places()),
                                         recipe_quoted(installed_name(module).str())));
    }
  }
  return text + override_lines(manifest, flavors, name) + document_lines(manifest, name);
}

}  // namespace

MacroRecipe render_macro_recipe(const Manifest& manifest, const MacroFlavors& flavors, const std::string& directory,
                                const std::string& archive, SourceFiles& sources) {
  const std::string missing =
      "%{!?flavors_to_build:echo 'no %%kernel_module_package here: the packages are built where SUSE or Red Hat define it' >&2; "
      "exit 1}\n";
  std::string unpack = fmt::format("rm -rf \"$copy\"\nmkdir -p \"$copy\"\ntar -x -f \"$RPM_SOURCE_DIR/{}\" -C \"$copy\"{}\n",
                                   archive, manifest.source.archive.empty() ? " --strip-components=1" : "");
  const auto each = [&](const std::string& body) { return with_condition_functions(loop(directory, manifest, body)); };
  return {.prep = missing + each(unpack + patch_lines(manifest, flavors, sources)),
          .build = each(make_lines(manifest, flavors)),
          .install = install_functions() + each(install_lines(manifest, flavors))};
}

}  // namespace kmpack
