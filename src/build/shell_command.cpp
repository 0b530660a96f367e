#include "build/shell_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "build/make_command.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// As make's command line they would beat what a driver's own Makefile sets, also where it means to add.
constexpr auto kOfTheEnvironment =
    std::to_array<std::string_view>({"ARCH", "CROSS_COMPILE", "KAFLAGS", "KBUILD_EXTRA_SYMBOLS", "KCFLAGS"});

bool goes_to_environment(const MakeVariable& variable) {
  return std::ranges::find(kOfTheEnvironment, variable.name) != kOfTheEnvironment.end();
}

/// A command may go by any of the names that the source root and the headers have.
std::string maps_of_other_names(const ShellCall& call) {
  const std::string place = call.cell.source_place();
  std::string maps;
  for (const std::string& path : other_names(call.tree)) {
    if (path != place) maps += fmt::format("{}-ffile-prefix-map={}={}", maps.empty() ? "" : " ", path, place);
  }
  maps += maps_of_needed(call.tree);
  if (call.headers.makefile.empty()) return maps;
  const fs::path tree = "/" / call.headers.tree.lexically_relative(call.headers.root.empty() ? "/" : call.headers.root);
  for (const std::string& modules : {call.places.install_tree, std::string("/lib/modules"), std::string("/usr/lib/modules")})
    maps += fmt::format(" -ffile-prefix-map={}/{}/build={}", modules, call.places.kernelver, tree.string());
  return maps;
}

std::vector<MakeVariable> variables(const ShellCall& call) {
  return make_variables({.cell = call.cell,
                         .headers = call.headers,
                         .copy = call.tree.copy,
                         .directory = {},
                         .extra_symbols = call.extra_symbols,
                         .compiler = call.compiler,
                         .further_maps = maps_of_other_names(call)});
}

/// make expands its environment's MAKEFLAGS before it takes it apart at blanks.
std::string as_word_of_makeflags(const std::string& text) {
  std::string word;
  for (const char c : text) {
    if (c == '$') word += '$';
    if (c == ' ' || c == '\t' || c == '\\') word += '\\';
    word += c;
  }
  return word;
}

}  // namespace

Command shell_command(const ShellCall& call, const std::string& text) {
  Command command{.program = "bash",
                  .args = {"-O", "extglob", "-c", command_text(text, call.places)},
                  .environment = build_environment(call.headers),
                  .directory = call.places.build_dir};
  for (const MakeVariable& variable : variables(call)) {
    if (goes_to_environment(variable)) command.environment[variable.name] = variable.value;
  }
  // For ./configure and the like: kbuild itself goes by the tree.
  if (!call.compiler_name.empty()) {
    for (const char* name : {"CC", "KERNEL_CC"}) command.environment[name] = call.compiler_name;
  }
  const auto lld = call.headers.config.options.find("CONFIG_LD_IS_LLD");
  if (lld != call.headers.config.options.end() && lld->second == "y") {
    for (const char* name : {"LD", "KERNEL_LD"}) command.environment[name] = "ld.lld";
  }
  command.environment.merge(command_variables(call.tree.names, call.places));
  return command;
}

std::string definitions_for_makes(const ShellCall& call) {
  std::string definitions;
  for (const MakeVariable& variable : variables(call)) {
    if (!goes_to_environment(variable)) definitions += " " + variable.name + "=" + as_word_of_makeflags(variable.value);
  }
  return definitions.empty() ? definitions : " --" + definitions;
}

}  // namespace kmpack
