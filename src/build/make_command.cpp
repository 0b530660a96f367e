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

bool is_merged(const std::string& name) { return name == "KCFLAGS" || name == "KAFLAGS" || name == "KBUILD_EXTRA_SYMBOLS"; }

}  // namespace

std::vector<MakeVariable> make_variables(const MakeCall& call) {
  const Manifest& manifest = *call.cell.manifest;
  refuse_our_variables(manifest);
  std::vector<MakeVariable> all;
  if (!call.headers.cross_prefix.empty()) {
    if (const Architecture* arch = find_architecture(call.cell.kernel->flavor.arch))
      all.push_back({"ARCH", std::string(arch->kernel)});
    all.push_back({"CROSS_COMPILE", call.headers.cross_prefix});
  }
  if (!call.compiler.empty()) all.push_back({"CC", call.compiler});
  const std::string maps = joined_words(prefix_maps(call), call.further_maps);
  all.push_back({"KCFLAGS", joined_words(maps, given(manifest, "KCFLAGS"))});
  all.push_back({"KAFLAGS", joined_words(maps, given(manifest, "KAFLAGS"))});
  if (const std::string symbols = extra_symbols(call); !symbols.empty()) all.push_back({"KBUILD_EXTRA_SYMBOLS", symbols});
  for (const MakeVariable& variable : manifest.make.variables) {
    if (!is_merged(variable.name)) all.push_back(variable);
  }
  return all;
}

std::map<std::string, std::string> build_environment(const HeaderTree& headers) {
  auto environment = scrubbed_environment(headers.epoch);
  environment["KBUILD_BUILD_TIMESTAMP"] = fmt::format("@{}", headers.epoch);
  environment["KBUILD_BUILD_USER"] = "kmpack";
  environment["KBUILD_BUILD_HOST"] = "kmpack";
  environment["KBUILD_BUILD_VERSION"] = "1";
  return environment;
}

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
  Command command{.program = "make", .environment = build_environment(call.headers)};
  // Makefiles say $(PWD) for where they lie: whoever calls kbuild by hand stands there.
  command.environment["PWD"] = call.directory.string();
  if (!call.headers.makefile.empty()) command.args = {"-f", call.headers.makefile.string()};
  command.args.insert(command.args.end(), {"-C", call.headers.tree.string(), "M=" + call.directory.string()});
  for (const MakeVariable& variable : make_variables(call)) command.args.push_back(variable.name + "=" + variable.value);
  for (const std::string& target : words(call.cell.manifest->make.target)) command.args.push_back(target);
  return command;
}

}  // namespace kmpack
