#include "sign/strip.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "build/compiler.hpp"
#include "inspect/facts.hpp"
#include "inspect/trailer.hpp"
#include "sys/files.hpp"
#include "wrap/elf.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

struct Stripping {
  const BuiltModule& built;
  const HeaderTree& headers;
  const fs::path& output;
  CommandRunner& runner;
  std::stop_token stop;
};

void run_tool(const Stripping& stripping, const std::string& tool, std::vector<std::string> args) {
  const std::string prefix = binutils_prefix(stripping.headers);
  Command command;
  command.program = prefix + tool;
  command.args = std::move(args);
  command.environment = scrubbed_environment(stripping.headers.epoch);
  try {
    run_checked(stripping.runner, command, stripping.stop);
  } catch (const Error& error) {
    if (error.diagnostic().code != "tool-missing") throw;
    Diagnostic missing = error.diagnostic();
    const std::string package = prefix.empty() ? "binutils" : "binutils-" + prefix.substr(0, prefix.size() - 1);
    missing.hint = fmt::format("apt-get install {}", package);
    throw Error(std::move(missing));
  }
}

bool has_debug_information(std::string_view bytes) {
  const ElfObject elf(bytes);
  for (const ElfSection& section : elf.sections())
    if (section.name.starts_with(".debug_") || section.name.starts_with(".zdebug_")) return true;
  return false;
}

enum class DebugInformation { none, some };

DebugInformation inspect_built(const Stripping& stripping) {
  const std::string bytes = decompressed_module(stripping.built.file);
  if (split_signature(bytes, stripping.built.file).is_signed())
    throw Error(Diagnostic{.code = "module-already-signed",
                           .message = fmt::format("{} is signed already", stripping.built.file.string()),
                           .hint =
                               "give the module as kbuild made it (CONFIG_MODULE_SIG_ALL off), or strip it first to drop that "
                               "signature"});
  return has_debug_information(bytes) ? DebugInformation::some : DebugInformation::none;
}

/// Into a directory of its own, then to its place: a tool that fails leaves nothing. Not synced, as all this is only on its way.
void make_with_tool(const Stripping& stripping, const std::string& tool, std::vector<std::string> args, const fs::path& place) {
  make_directories(place.parent_path());
  const TempDir scratch(stripping.output);
  const fs::path made = scratch.path() / place.filename();
  std::ranges::replace(args, std::string(), made.string());
  run_tool(stripping, tool, std::move(args));
  std::error_code error;
  fs::rename(made, place, error);
  if (error) throw_system_error(error.value(), "cannot rename to", place);
}

void split_debug_information(const Stripping& stripping, const fs::path& place) {
  std::vector<std::string> args{"--only-keep-debug"};
  // As dh_strip does. In the rpm world the whole file is left to the package's own compression. Source: find-debuginfo(1).
  if (stripping.headers.kernel.rules.family == PackageFamily::deb) args.emplace_back("--compress-debug-sections");
  args.insert(args.end(), {stripping.built.file.string(), ""});
  make_with_tool(stripping, "objcopy", std::move(args), place);
}

StrippedModule strip(const Stripping& stripping) {
  const BuiltModule& built = stripping.built;
  const std::string name = (built.installed.empty() ? built.name.str() : built.installed) + ".ko";
  const DebugInformation debug = inspect_built(stripping);
  make_directories(stripping.output);
  StrippedModule stripped{
      .facts = {}, .file = stripping.output / name, .name = built.name, .installed = built.installed, .strip = built.strip};
  if (built.strip == Strip::yes) {
    // The debugger's part first: stripping drops it.
    if (debug == DebugInformation::some) {
      stripped.debug = stripping.output / "debug" / (name + ".debug");
      split_debug_information(stripping, stripped.debug);
    }
    // --strip-debug keeps .BTF, which the kernel reads.
    make_with_tool(stripping, "strip", {"--strip-debug", "-o", "", built.file.string()}, stripped.file);
  } else {
    clone_file(built.file, stripped.file);
  }
  if (stripping.stop.stop_requested()) throw Cancelled{};
  stripped.facts = read_module_facts(stripped.file);
  return stripped;
}

}  // namespace

StrippedModule strip_module(const BuiltModule& built, const HeaderTree& headers, const fs::path& output_directory,
                            CommandRunner& runner, std::stop_token stop) {
  if (stop.stop_requested()) throw Cancelled{};
  return with_context(fmt::format("while stripping module {}", built.name.str()), [&] {
    return strip({.built = built, .headers = headers, .output = output_directory, .runner = runner, .stop = std::move(stop)});
  });
}

}  // namespace kmpack
