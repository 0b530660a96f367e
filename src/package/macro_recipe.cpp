#include "package/macro_recipe.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/text.hpp"
#include "build/make_command.hpp"
#include "manifest/build_order.hpp"
#include "package/naming.hpp"
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

std::string patch_lines(const Manifest& manifest, SourceFiles& sources) {
  std::string text;
  for (const PatchSpec& patch : manifest.patches) {
    const std::string apply = fmt::format(
        "patch --unified --strip={} --forward --fuzz=0 --batch --no-backup-if-mismatch --directory=\"$source\" "
        "--input=\"$RPM_SOURCE_DIR/{}\"\n",
        patch.strip, sources.add(patch.file));
    text += patch.when.range.unbounded()
                ? apply
                : fmt::format("if kmpack_in_range '{}' '{}'; then\n  {}fi\n", spec_literal(patch.when.range.min.value_or("")),
                              spec_literal(patch.when.range.max.value_or("")), apply);
  }
  return text;
}

/// Numbers are compared place by place, as many of them as the bound has.
constexpr std::string_view kInRange = R"(kmpack_in_range() {
  awk -v release="$release" -v least="$1" -v most="$2" '
    function compare(bound,  i, count, wanted, found) {
      count = split(bound, wanted, ".")
      split(release, found, /[^0-9]+/)
      for (i = 1; i <= count; i++) if (found[i] + 0 != wanted[i] + 0) return found[i] + 0 < wanted[i] + 0 ? -1 : 1
      return 0
    }
    BEGIN { exit !((least == "" || compare(least) >= 0) && (most == "" || compare(most) <= 0)) }'
}
)";

std::string make_lines(const Manifest& manifest) {
  // The make call of a kernel that only the build root knows: kernels have no part in it but for the paths put in afterwards.
  const Cell cell{.manifest = std::make_shared<const Manifest>(manifest), .kernel = std::make_shared<const Kernel>()};
  const HeaderTree headers{.tree = "/@tree@"};
  std::string text = "symbols=\n";
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
    text += "make -j\"${RPM_BUILD_NCPUS:-1}\"";
    for (const std::string& arg : command.args) text += fmt::format(" \\\n  \"{}\"", filled(recipe_quoted(one_line(arg))));
    const std::string symbols = filled(recipe_quoted(place + "/Module.symvers"));
    text += fmt::format("\nif [ -s \"{0}\" ]; then symbols=\"$symbols {0}\"; fi\n", symbols);
  }
  return text;
}

/// One override for each module, as weak-updates needs on Red Hat's side.
///
/// Source:  facts redhat.md section 1.4.
std::string override_lines(const Manifest& manifest, const std::string& name) {
  std::string text = "%if ! 0%{?suse_version}\nvariant=\nif [ \"$flavor\" != default ]; then variant=-$flavor; fi\n";
  // depmod reads the release as a regular expression.
  text += "mkdir -p \"$RPM_BUILD_ROOT/etc/depmod.d\"\npattern=$(echo \"$release\" | sed 's/+/[+]/g')\n{\n";
  for (const ModuleSpec& module : manifest.modules) {
    const std::string word = recipe_quoted(module.name.str());
    text += fmt::format("echo \"override {0} * weak-updates/{1}\"\necho \"override {0} $pattern extra/{1}\"\n", word, name);
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

std::string install_lines(const Manifest& manifest) {
  const std::string name = rpm_name(manifest.name.str());
  std::string text = fmt::format("place=%{{kmpack_modules}}/$release/%{{?kernel_module_package_moddir}}/{}\n", name);
  for (const BuildStep& step : build_order(manifest)) {
    const fs::path below = step.directory.lexically_normal();
    const std::string directory = below.empty() || below == "." ? "$source" : "$source/" + recipe_quoted(below.string());
    for (const ModuleName& module : step.modules) {
      text += fmt::format("kmpack_module \"{}\" {} \"$place/{}.ko\"\n", directory, recipe_word(module_pattern(module.str())),
                          recipe_quoted(module.str()));
    }
  }
  return text + override_lines(manifest, name) + document_lines(manifest, name);
}

}  // namespace

MacroRecipe render_macro_recipe(const Manifest& manifest, const std::string& directory, const std::string& archive,
                                SourceFiles& sources) {
  const std::string missing =
      "%{!?flavors_to_build:echo 'no %%kernel_module_package here: the packages are built where SUSE or Red Hat define it' >&2; "
      "exit 1}\n";
  std::string unpack = fmt::format("rm -rf \"$copy\"\nmkdir -p \"$copy\"\ntar -x -f \"$RPM_SOURCE_DIR/{}\" -C \"$copy\"{}\n",
                                   archive, manifest.source.archive.empty() ? " --strip-components=1" : "");
  const std::string ranges = manifest.patches.empty() ? std::string() : spec_literal(kInRange);
  return {.prep = missing + ranges + loop(directory, manifest, unpack + patch_lines(manifest, sources)),
          .build = loop(directory, manifest, make_lines(manifest)),
          .install = install_functions() + loop(directory, manifest, install_lines(manifest))};
}

}  // namespace kmpack
