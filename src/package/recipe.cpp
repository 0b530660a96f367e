#include "package/recipe.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "build/make_command.hpp"
#include "kmpack/architecture.hpp"
#include "manifest/build_order.hpp"
#include "package/naming.hpp"
#include "package/recipe_commands.hpp"
#include "package/recipe_install.hpp"
#include "package/recipe_text.hpp"
#include "package/rpm_style.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

// Stand for what only the build knows, in words that no manifest has: a NUL cannot stand in XML, and these are put in by us.
constexpr std::string_view kCopy = "/@copy@";
constexpr std::string_view kTree = "/@tree@";
constexpr std::string_view kRoot = "/@root@";
constexpr std::string_view kSymbols = "/@symbols@";

/// What another build left is not source; an object of another kernel would be linked as it is. Without `%`, which a spec would
/// expand. As is_given_object() has it, an object that comes without its source stays, with its record.
constexpr std::string_view kCleanSource =
    R"(find "$copy" -depth \( -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' -o -name '*.o.d' -o -name '.*.d' \
  -o -name Module.symvers -o -name modules.order -o -name .module-common.o \) ! -type d -exec rm -f {} +
find "$copy" -name '.*.cmd' ! -name '.*.o.cmd' -type f -exec rm -f {} +
find "$copy" -name '*.o' ! -type d -exec sh -c '
  for object do
    place=$(dirname "$object") name=$(basename "$object" .o) made=
    record=$place/.$name.o.cmd
    case $name in .*|*.mod|*.lto|*.prelink) made=yes ;; esac
    for ending in c S s rs asm cc cpp; do
      if [ -e "$place/$name.$ending" ]; then made=yes; fi
    done
    if grep -q "[^[:space:]]" "$record" 2> /dev/null; then
      from=$(sed -n "s/^source_.* := //p" "$record")
      case $from in /*|"") ;; *) from=$place/$from ;; esac
      if [ -z "$from" ] || [ -e "$from" ]; then made=yes; fi
    fi
    [ -z "$made" ] || rm -f "$object" "$record"
  done' sh {} +
)";

std::string in_place(std::string text, const std::string& tree, const RecipePlaces& places) {
  text = replaced(std::move(text), fmt::format(" -fdebug-prefix-map={0}= -fmacro-prefix-map={0}=", kRoot), places.root_map);
  text = replaced(std::move(text), kTree, tree);
  text = replaced(std::move(text), kCopy, "$copy");
  return replaced(std::move(text), kSymbols, "$symbols");
}

fs::path step_directory(const Manifest& manifest, const BuildStep& step) {
  const fs::path directory = (fs::path(kCopy) / manifest.source.subdirectory / step.directory).lexically_normal();
  return directory.has_filename() ? directory : directory.parent_path();
}

/// `copy` is what was unpacked, `source` the source root in it.
std::string enter(const RecipePart& part, const std::string& directory) {
  const std::string copy = directory + "/" + part.cell.kernel->release.str();
  const fs::path& inner = part.cell.manifest->source.subdirectory;
  return fmt::format("copy=\"$PWD/{}\"\nsource=\"$copy{}\"\n", recipe_quoted(copy),
                     inner.empty() ? "" : "/" + recipe_quoted(inner.lexically_normal().string()));
}

std::string title(const RecipePart& part) { return "\n# " + spec_literal(one_line(part.cell.kernel->id())) + "\n"; }

std::string prep(const RecipePart& part, const std::string& directory, const std::string& archive, SourceFiles& sources) {
  const Manifest& manifest = *part.cell.manifest;
  std::string text = title(part) + enter(part, directory);
  text += fmt::format("mkdir -p \"$copy\"\ntar -x -f \"$RPM_SOURCE_DIR/{}\" -C \"$copy\"{}\n", archive,
                      manifest.source.archive.empty() ? " --strip-components=1" : "");
  return text + recipe_source(part, spec_places(), sources);
}

std::string make_line(const RecipePart& part, const BuildStep& step, const std::string& tree, const RecipePlaces& places) {
  HeaderTree headers{.tree = kTree, .root = kRoot, .epoch = part.headers.epoch};
  const MakeCall call{.cell = part.cell,
                      .headers = headers,
                      .copy = kCopy,
                      .directory = step_directory(*part.cell.manifest, step),
                      .extra_symbols = {fs::path(kSymbols)}};
  const Command command = make_command(call);
  std::string line;
  for (const auto& [name, value] : command.environment) {
    if (!name.starts_with("KBUILD_") && name != "PWD") continue;
    line += fmt::format("{}=\"{}\" ", name, in_place(places.quoted(value), tree, places));
  }
  line += places.make;
  for (const std::string& arg : command.args)
    line += fmt::format(" \\\n  \"{}\"", in_place(places.quoted(without_line_ends(arg)), tree, places));
  return line + "\n";
}

/// The make calls of a plain kbuild.
std::string kbuild_lines(const RecipePart& part, const std::string& tree, const RecipePlaces& places) {
  std::string text;
  for (const BuildStep& step : build_order(*part.cell.manifest)) {
    text += make_line(part, step, tree, places);
    const std::string symbols =
        in_place(places.quoted((step_directory(*part.cell.manifest, step) / "Module.symvers").string()), tree, places);
    text += fmt::format("if [ -s \"{0}\" ]; then symbols=\"$symbols {0}\"; fi\n", symbols);
  }
  return text;
}

KernelWords words_for(const RecipePart& part, const std::string& tree, const RecipePlaces& places) {
  const Kernel& kernel = *part.cell.kernel;
  const Architecture* const arch = find_architecture(kernel.flavor.arch);
  return {.tree = tree,
          .release = places.quoted(kernel.release.str()),
          .arch = places.quoted(arch == nullptr ? std::string_view(kernel.flavor.arch) : arch->machine),
          .epoch = std::to_string(part.headers.epoch)};
}

std::string build(const RecipePart& part, const std::string& directory) {
  const std::string tree = "%{?kmpack_root}" + recipe_quoted(installed_tree(*part.cell.kernel).string());
  return title(part) + enter(part, directory) + recipe_make(part, tree, spec_places());
}

std::string compression_of(const SealedFile& module, const RecipePlaces& places) {
  const std::string place = places.word(module.place.string());
  switch (module.compression) {
    case Compression::none:
      return {};
    case Compression::gzip:
      return "kmpack_pack " + place + " gzip -n -9 -f\n";
    case Compression::xz:
      return "kmpack_pack " + place + " xz -T1 --check=crc32 --lzma2=dict=1MiB -f\n";
    case Compression::zstd:
      return "kmpack_pack " + place + " zstd -q -f --rm\n";
  }
  return {};
}

}  // namespace

fs::path installed_tree(const Kernel& kernel) {
  const Architecture* arch = find_architecture(kernel.flavor.arch);
  const std::string machine(arch == nullptr ? std::string_view(kernel.flavor.arch) : arch->rpm);
  std::string tree = kernel.rules.rpm.tree.empty() ? "/lib/modules/{release}/build" : kernel.rules.rpm.tree;
  tree = replaced(std::move(tree), "{release}", kernel.release.str());
  tree = replaced(std::move(tree), "{base}", release_without_suffix(kernel));
  tree = replaced(std::move(tree), "{flavor}", kernel.flavor.flavor);
  // SUSE's spelling; the rest are rpm's own names.
  return replaced(std::move(tree), "{cpu}", machine == "aarch64" ? "arm64" : machine);
}

std::string debug_list(const PackageModel& model, const std::string& directory) {
  return fmt::format("{}/{}.links", directory, model.name);
}

Recipe render_recipe(std::span<const RecipePart> parts, const std::string& directory, const std::string& archive,
                     SourceFiles& sources) {
  Recipe recipe;
  for (const RecipePart& part : parts) {
    recipe.prep += prep(part, directory, archive, sources);
    recipe.build += build(part, directory);
    recipe.install += title(part) + enter(part, directory) + install_commands(part, directory, sources, spec_places());
  }
  return recipe;
}

std::string recipe_source(const RecipePart& part, const RecipePlaces& places, SourceFiles& sources) {
  std::string text(kCleanSource);
  for (const PatchSpec& patch : part.cell.manifest->patches) {
    text += fmt::format(
        "patch --unified --strip={} --forward --fuzz={} --batch --no-backup-if-mismatch --directory=\"$source\" "
        "--input=\"{}/{}\"\n",
        patch.strip, patch.fuzz, places.sources, sources.add(patch.file));
  }
  return text;
}

std::string recipe_make(const RecipePart& part, const std::string& tree, const RecipePlaces& places) {
  const MakeSpec& make = part.cell.manifest->make;
  std::string text = "symbols=\n";
  if (!has_commands(make)) return text + kbuild_lines(part, tree, places);
  const RecipeCommands commands(part.cell, words_for(part, tree, places), places);
  text += commands.setup();
  for (const BuildCommand& command : make.before) text += commands.run(command);
  for (const BuildCommand& command : make.commands) text += commands.run(command);
  if (make.commands.empty()) text += kbuild_lines(part, tree, places);
  if (!make.after.empty()) text += RecipeCommands::take_modules();
  for (const BuildCommand& command : make.after) text += commands.run(command);
  return text;
}

std::string render_compression(std::span<const RecipePart> parts, const RecipePlaces& places) {
  std::string text;
  for (const RecipePart& part : parts) {
    for (const SealedFile& module : sealed_files(part)) text += compression_of(module, places);
  }
  return text;
}

std::string source_archive_name(const Manifest& manifest) {
  return rpm_name(fmt::format("{}-{}.tar.xz", manifest.name.str(), rpm_version_part(manifest.version)));
}

}  // namespace kmpack
