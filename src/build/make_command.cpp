#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "build/make_command.hpp"
#include "kmpack/architecture.hpp"
#include "kmpack/diagnostic.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// What kmpack itself decides; a manifest that sets them would build something else than what is checked and packed.
constexpr auto kOurVariables =
    std::to_array<std::string_view>({"ARCH", "CROSS_COMPILE", "KBUILD_EXTMOD", "KBUILD_MODPOST_WARN", "KBUILD_OUTPUT",
                                     "KERNELRELEASE", "M", "MAKEFLAGS", "MO", "O", "SHELL"});

/// Debugger and WARN messages find the source at a place that is the same for every directory the build happens in.
std::string prefix_maps(const MakeCall& call) {
  std::string maps = fmt::format("-ffile-prefix-map={}={}", call.copy.string(), call.cell.source_place());
  // "/" itself needs no mapping; and mapping it away would take the first slash off every other path.
  const fs::path& root = call.headers.root;
  if (root.empty() || root == "/") return maps;
  maps += fmt::format(" -fdebug-prefix-map={0}= -fmacro-prefix-map={0}=", (root / "").parent_path().string());
  // The kernel takes the place of its own sources off __FILE__, and of options that fit gcc heeds the last: said again, or WARN()
  // in a header would name another file than where the headers are installed. Not as -ffile-prefix-map: gcc reads those after all
  // others.
  const fs::path& makefile = call.headers.makefile;
  if (!makefile.empty()) maps += fmt::format(" -fmacro-prefix-map={}/=", makefile.parent_path().string());
  return maps;
}

void refuse_our_variables(const Manifest& manifest) {
  for (const MakeVariable& variable : manifest.make.variables) {
    if (std::ranges::find(kOurVariables, variable.name) == kOurVariables.end()) continue;
    throw Error({.code = "make-variable-reserved",
                 .message = fmt::format("the manifest sets the make variable '{}', which kmpack sets itself", variable.name),
                 .where = SourceSpan{manifest.file, 0, 0},
                 .notes = {},
                 .hint = "take it out of the manifest"});
  }
}

/// The manifest's value of a variable that kmpack adds to; later ones win, as on make's command line.
std::string given(const Manifest& manifest, std::string_view name) {
  std::string value;
  for (const MakeVariable& variable : manifest.make.variables) {
    if (variable.name == name) value = variable.value;
  }
  return value;
}

std::string joined_words(const std::string& first, const std::string& second) {
  return first.empty() || second.empty() ? first + second : first + " " + second;
}

std::string extra_symbols(const MakeCall& call) {
  std::string names;
  for (const fs::path& symbols : call.extra_symbols) names = joined_words(names, symbols.string());
  return joined_words(names, given(*call.cell.manifest, "KBUILD_EXTRA_SYMBOLS"));
}

std::vector<std::string> variables(const MakeCall& call) {
  const Manifest& manifest = *call.cell.manifest;
  std::vector<std::string> args;
  if (!call.headers.cross_prefix.empty()) {
    if (const Architecture* arch = find_architecture(call.cell.kernel->flavor.arch))
      args.push_back(fmt::format("ARCH={}", arch->kernel));
    args.push_back("CROSS_COMPILE=" + call.headers.cross_prefix);
  }
  if (!call.compiler.empty()) args.push_back("CC=" + call.compiler);
  args.push_back("KCFLAGS=" + joined_words(prefix_maps(call), given(manifest, "KCFLAGS")));
  args.push_back("KAFLAGS=" + joined_words(prefix_maps(call), given(manifest, "KAFLAGS")));
  if (const std::string symbols = extra_symbols(call); !symbols.empty()) args.push_back("KBUILD_EXTRA_SYMBOLS=" + symbols);
  for (const MakeVariable& variable : manifest.make.variables) {
    if (variable.name == "KCFLAGS" || variable.name == "KAFLAGS" || variable.name == "KBUILD_EXTRA_SYMBOLS") continue;
    args.push_back(variable.name + "=" + variable.value);
  }
  return args;
}

}  // namespace

void check_buildable_path(const fs::path& path) {
  constexpr std::string_view kPunctuation = "/._-+~@";
  const std::string text = path.string();
  const auto bad = std::ranges::find_if(text, [&](char c) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return !plain && static_cast<unsigned char>(c) < 0x80U && kPunctuation.find(c) == std::string_view::npos;
  });
  if (bad == text.end()) return;
  throw Error({.code = "build-path-unusable",
               .message = fmt::format("make cannot build in {}: the path has a '{}' in it", text, *bad),
               .where = {},
               .notes = {},
               .hint = "choose a workspace whose path has only letters, digits and . _ - + ~ @"});
}

Command make_command(const MakeCall& call) {
  const Manifest& manifest = *call.cell.manifest;
  refuse_our_variables(manifest);
  Command command{.program = "make", .environment = scrubbed_environment(call.headers.epoch)};
  command.environment["KBUILD_BUILD_TIMESTAMP"] = fmt::format("@{}", call.headers.epoch);
  command.environment["KBUILD_BUILD_USER"] = "kmpack";
  command.environment["KBUILD_BUILD_HOST"] = "kmpack";
  command.environment["KBUILD_BUILD_VERSION"] = "1";
  if (!call.headers.makefile.empty()) command.args = {"-f", call.headers.makefile.string()};
  command.args.insert(command.args.end(), {"-C", call.headers.tree.string(), "M=" + call.directory.string()});
  const std::vector<std::string> rest = variables(call);
  command.args.insert(command.args.end(), rest.begin(), rest.end());
  for (const std::string& target : words(manifest.make.target)) command.args.push_back(target);
  return command;
}

}  // namespace kmpack
