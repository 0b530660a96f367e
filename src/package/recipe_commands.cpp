#include "package/recipe_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "build/private_tree.hpp"
#include "build/shell_command.hpp"

namespace kmpack {
namespace {

// Stand for what only the build knows, in words that no manifest has.
constexpr std::string_view kCopy = "/@copy@";
constexpr std::string_view kSource = "/@source@";
constexpr std::string_view kTree = "/@tree@";
constexpr std::string_view kRoot = "/@root@";
constexpr std::string_view kConfig = "/@config@";
constexpr std::string_view kHome = "/@home@";
constexpr std::string_view kRelease = "@release@";
constexpr std::string_view kMachine = "@machine@";
constexpr std::string_view kEpoch = "@epoch@";

CommandPlaces command_places() {
  const std::string home(kHome);
  return {.kernelver = std::string(kRelease),
          .kernel_source_dir = std::string(kTree),
          .kernel_config = std::string(kConfig),
          .arch = std::string(kMachine),
          .build_dir = std::string(kSource),
          .dkms_tree = home,
          .source_tree = home,
          .install_tree = home + "/lib/modules"};
}

/// dkms before 3.1 read .config.
bool reads_old_config(const Manifest& manifest) { return manifest.dkms && manifest.dkms->semantics == DkmsSemantics::v3_0; }

}  // namespace

bool has_commands(const MakeSpec& make) noexcept { return !make.before.empty() || !make.commands.empty() || !make.after.empty(); }

RecipeCommands::RecipeCommands(const Cell& cell, KernelWords words, const RecipePlaces& places)
    : cell_(cell), words_(std::move(words)), places_(places) {}

std::string RecipeCommands::filled(std::string text) const {
  text = replaced(std::move(text), fmt::format(" -fdebug-prefix-map={0}= -fmacro-prefix-map={0}=", kRoot), places_.root_map);
  for (const auto& [placeholder, word] :
       {std::pair{kTree, words_.tree}, std::pair{kRelease, words_.release}, std::pair{kMachine, words_.arch},
        std::pair{kCopy, std::string("$copy")}, std::pair{kSource, std::string("$source")},
        std::pair{kConfig, std::string("$config")}, std::pair{kHome, std::string("$home")}, std::pair{kEpoch, words_.epoch}}) {
    text = replaced(std::move(text), placeholder, word);
  }
  return text;
}

std::string RecipeCommands::setup() const {
  const PrivateTree tree{.attempt = kHome, .copy = kCopy, .names = command_names(*cell_.manifest)};
  const CommandPlaces places = command_places();
  const HeaderTree headers{.tree = kTree, .root = kRoot, .epoch = 0};
  const ShellCall call{.cell = cell_, .headers = headers, .tree = tree, .places = places, .extra_symbols = {}, .compiler = {}};
  const std::string name = places_.quoted(tree.names.name);
  const std::string version = places_.quoted(tree.names.version);
  std::string text = fmt::format(
      "home=$copy.home\n"
      "rm -rf \"$home\"\n"
      "mkdir -p \"$home/{0}/{1}\" \"$home/lib/modules/{2}\"\n"
      "ln -s \"$source\" \"$home/{0}/{1}/build\"\n"
      "ln -s build \"$home/{0}/{1}/source\"\n"
      "ln -s \"{0}/{1}/build\" \"$home/{0}-{1}\"\n"
      "ln -s \"{3}\" \"$home/lib/modules/{2}/build\"\n"
      "config=\"{3}/include/config/auto.conf\"\n",
      name, version, words_.release, words_.tree);
  text += reads_old_config(*cell_.manifest)
              ? fmt::format("config=\"{}/.config\"\n", words_.tree)
              : fmt::format("if [ ! -e \"$config\" ]; then config=\"{}/.config\"; fi\n", words_.tree);
  // The kernel's compiler, for ./configure and the like.
  text += "cc=$(sed -n 's/^CONFIG_CC_VERSION_TEXT=\"\\([^\" ]*\\).*/\\1/p' \"$config\")\n";
  text += "kmpack_command() (\n  cd \"$source\"\n  exec env -i \"PATH=$PATH\"";
  Command command = shell_command(call, "");
  command.environment.erase("PATH");
  command.environment["SOURCE_DATE_EPOCH"] = kEpoch;
  command.environment["KBUILD_BUILD_TIMESTAMP"] = fmt::format("@{}", kEpoch);
  // An empty list is not the same as none to a Makefile that adds to it: make hands on what came from the environment, expanded.
  command.environment.erase("KBUILD_EXTRA_SYMBOLS");
  text += " \\\n    ${symbols:+\"KBUILD_EXTRA_SYMBOLS=$symbols\"}";
  text += " \\\n    ${cc:+\"CC=$cc\" \"KERNEL_CC=$cc\"}";
  for (const auto& [variable, value] : command.environment) {
    text += fmt::format(" \\\n    \"{}={}\"", variable, filled(places_.quoted(without_line_ends(value))));
  }
  text += fmt::format(" \\\n    \"MAKEFLAGS={}{}\"", places_.makeflags,
                      filled(places_.quoted(without_line_ends(definitions_for_makes(call)))));
  return text + " \\\n    bash -O extglob -c \"$(cat \"$copy.command\")\" < /dev/null\n)\n";
}

std::string RecipeCommands::run(const BuildCommand& command) const {
  // Line by line: in a spec a line that begins with a macro or a section's name would be one.
  std::string text = "{\n";
  const std::string body = command_text(command.text, command_places());
  for (const std::string_view line : split(body, '\n'))
    text += places_.literal("printf '%s\\n' ") + "\"" + filled(places_.quoted(line)) + "\"\n";
  return text + "} > \"$copy.command\"\nkmpack_command\n";
}

std::string RecipeCommands::take_modules() {
  return "symbols=$(find \"$source\" -type f -name Module.symvers -size +0 | LC_ALL=C sort | tr '\\n' ' ')\n"
         "rm -rf \"$copy.modules\"\n"
         "mkdir \"$copy.modules\"\n"
         "(cd \"$source\" && find . -type f -name '*.ko' -exec cp --parents -t \"$copy.modules\" -- {} +)\n";
}

std::string module_root(const Manifest& manifest) { return manifest.make.after.empty() ? "$source" : "$copy.modules"; }

}  // namespace kmpack
