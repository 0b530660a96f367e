#include "sign/seal.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inspect/facts.hpp"
#include "inspect/trailer.hpp"
#include "kmpack/architecture.hpp"
#include "sign/key.hpp"
#include "sign/signature.hpp"
#include "sys/files.hpp"
#include "sys/process.hpp"
#include "wrap/compress.hpp"
#include "wrap/digest.hpp"
#include "wrap/elf.hpp"
#include "wrap/kmod.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

struct Sealing {
  const BuiltModule& built;
  const HeaderTree& headers;
  const SigningKey* key;
  const fs::path& output;
  CommandRunner& runner;
  std::stop_token stop;
};

void stop_here(const Sealing& sealing) {
  if (sealing.stop.stop_requested()) throw Cancelled{};
}

/// "" or "aarch64-linux-gnu-": what stands before the names of the target's binutils.
std::string tool_prefix(const HeaderTree& headers) {
  if (!headers.cross_prefix.empty()) return headers.cross_prefix;
  const Architecture* target = find_architecture(headers.kernel.flavor.arch);
  // Binutils of one kernel architecture know its 32-bit and 64-bit objects alike.
  if (target == nullptr || target->kernel == host_architecture().kernel) return {};
  return std::string(target->triplet) + "-";
}

void run_tool(const Sealing& sealing, const std::string& tool, std::vector<std::string> args) {
  const std::string prefix = tool_prefix(sealing.headers);
  Command command;
  command.program = prefix + tool;
  command.args = std::move(args);
  command.environment = scrubbed_environment(sealing.headers.epoch);
  try {
    run_checked(sealing.runner, command, sealing.stop);
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

std::string installed_name(const BuiltModule& built) { return built.installed.empty() ? built.name.str() : built.installed; }

void split_debug_information(const Sealing& sealing) {
  Staged debug(sealing.output / "debug" / (installed_name(sealing.built) + ".ko.debug"));
  std::vector<std::string> args{"--only-keep-debug"};
  // As dh_strip does. In the rpm world the whole file is left to the package's own compression. Source: find-debuginfo(1).
  if (sealing.headers.kernel.rules.family == PackageFamily::deb) args.emplace_back("--compress-debug-sections");
  args.insert(args.end(), {sealing.built.file.string(), debug.path().string()});
  run_tool(sealing, "objcopy", std::move(args));
  debug.publish();
}

/// The module without debug information. --strip-debug keeps .BTF, which the kernel reads.
std::string stripped(const Sealing& sealing) {
  const TempDir scratch(sealing.output);
  const fs::path file = scratch.path() / "stripped.ko";
  run_tool(sealing, "strip", {"--strip-debug", "-o", file.string(), sealing.built.file.string()});
  return read_file(file);
}

enum class DebugInformation { none, some };

DebugInformation inspect_built(const Sealing& sealing) {
  const std::string bytes = decompressed_module(sealing.built.file);
  if (split_signature(bytes, sealing.built.file).is_signed())
    throw Error(Diagnostic{.code = "module-already-signed",
                           .message = fmt::format("{} is signed already", sealing.built.file.string()),
                           .hint =
                               "give the module as kbuild made it (CONFIG_MODULE_SIG_ALL off), or strip it first to drop that "
                               "signature"});
  return has_debug_information(bytes) ? DebugInformation::some : DebugInformation::none;
}

[[noreturn]] void throw_mismatch(const fs::path& file, std::string_view what) {
  throw Error(Diagnostic{.code = "seal-mismatch",
                         .message = fmt::format("{} read back from disk {}", file.string(), what),
                         .hint = "run again; when it happens twice, suspect the disk or the memory of this machine"});
}

void check_signature(const Sealing& sealing, std::string_view module, const fs::path& file) {
  if (sealing.key == nullptr) return;
  if (auto problem = verify_signature(module, sealing.key->certificate(), file)) throw Error(*std::move(problem));
}

/// libkmod is what modprobe reads the file with; it must see the same signature as we do.
void check_with_kmod(const Sealing& sealing, const fs::path& file) {
  // Debian's libkmod is built without zlib.
  if (packed_compression(sealing.headers.kernel.rules, sealing.headers.config) == Compression::gzip) return;
  std::string serial;
  for (const auto& [name, value] : kmod_modinfo(file))
    if (name == "sig_key") serial = value;
  const std::string wanted = sealing.key == nullptr ? std::string() : sealing.key->certificate().serial();
  if (serial != wanted) throw_mismatch(file, fmt::format("has signing key '{}' for libkmod, not '{}'", serial, wanted));
}

void check_finished(const Sealing& sealing, const fs::path& file, std::string_view content) {
  const std::string module = decompressed_module(file);
  if (module != content) throw_mismatch(file, "does not unpack to what was packed");
  if (split_signature(module, file).layers != (sealing.key == nullptr ? 0U : 1U)) throw_mismatch(file, "has not one signature");
  check_signature(sealing, module, file);
  check_with_kmod(sealing, file);
}

SealedModule seal(const Sealing& sealing) {
  const DebugInformation debug = inspect_built(sealing);
  make_directories(sealing.output);
  // The debugger's part first: stripping drops it.
  const bool strip = sealing.built.strip == Strip::yes;
  if (strip && debug == DebugInformation::some) split_debug_information(sealing);
  std::string content = strip ? stripped(sealing) : read_file(sealing.built.file);
  stop_here(sealing);
  // Stripping drops a signature, compressing hides the module from it: it has to lie in between.
  if (sealing.key != nullptr)
    content = with_signature(content, signature_of(content, *sealing.key, sealing.headers.config.sig_hash));
  check_signature(sealing, content, sealing.built.file);
  const Compression compression = packed_compression(sealing.headers.kernel.rules, sealing.headers.config);
  const fs::path file = sealing.output / fmt::format("{}.ko{}", installed_name(sealing.built), suffix_of(compression));
  const std::string packed = compressed(content, compression);
  stop_here(sealing);
  write_file(file, packed);
  // From here on only the disk is believed.
  check_finished(sealing, file, content);
  return SealedModule{.facts = read_module_facts(file),
                      .file = file,
                      .sha256 = sha256_of_file(file),
                      .signed_by = sealing.key == nullptr ? std::string() : sealing.key->common_name()};
}

}  // namespace

SealedModule seal_module(const BuiltModule& built, const HeaderTree& headers, const SigningKey* key,
                         const fs::path& output_directory, CommandRunner& runner, std::stop_token stop) {
  if (stop.stop_requested()) throw Cancelled{};
  return with_context(fmt::format("while sealing module {}", built.name.str()), [&] {
    return seal(
        {.built = built, .headers = headers, .key = key, .output = output_directory, .runner = runner, .stop = std::move(stop)});
  });
}

}  // namespace kmpack
