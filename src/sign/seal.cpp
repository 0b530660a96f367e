#include "sign/seal.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "inspect/facts.hpp"
#include "inspect/trailer.hpp"
#include "sign/key.hpp"
#include "sign/signature.hpp"
#include "sys/files.hpp"
#include "wrap/compress.hpp"
#include "wrap/digest.hpp"
#include "wrap/kmod.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

struct Sealing {
  const StrippedModule& stripped;
  const HeaderTree& headers;
  const SigningKey* key;
  const fs::path& output;
  std::stop_token stop;
};

void stop_here(const Sealing& sealing) {
  if (sealing.stop.stop_requested()) throw Cancelled{};
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

/// The module as the loader will see it, after everything about it was checked.
std::string checked(const Sealing& sealing, const fs::path& file, std::string_view content) {
  std::string module = decompressed_module(file);
  if (module != content) throw_mismatch(file, "does not unpack to what was packed");
  if (split_signature(module, file).layers != (sealing.key == nullptr ? 0U : 1U)) throw_mismatch(file, "has not one signature");
  check_signature(sealing, module, file);
  check_with_kmod(sealing, file);
  return module;
}

/// The debugger's file beside it. Nobody writes to either name, so the bytes need not be there twice.
void place_debug_information(const fs::path& from, const fs::path& to) {
  make_directories(to.parent_path());
  remove_tree(to);
  std::error_code elsewhere;
  fs::create_hard_link(from, to, elsewhere);
  if (elsewhere) clone_file(from, to);
}

SealedModule seal(const Sealing& sealing) {
  const StrippedModule& stripped = sealing.stripped;
  make_directories(sealing.output);
  std::string content = read_file(stripped.file);
  // Stripping drops a signature, compressing hides the module from it: it has to lie in between.
  if (sealing.key != nullptr)
    content = with_signature(content, signature_of(content, *sealing.key, sealing.headers.config.sig_hash));
  check_signature(sealing, content, stripped.file);
  const std::string name = stripped.file.filename().string();
  const Compression compression = packed_compression(sealing.headers.kernel.rules, sealing.headers.config);
  const fs::path file = sealing.output / fmt::format("{}{}", name, suffix_of(compression));
  const std::string packed = compressed(content, compression);
  stop_here(sealing);
  write_file(file, packed);
  if (!stripped.debug.empty()) place_debug_information(stripped.debug, sealing.output / "debug" / (name + ".debug"));
  // From here on only the disk is believed.
  const std::string module = checked(sealing, file, content);
  SealedModule sealed{.facts = read_module_facts(module, file),
                      .file = file,
                      .sha256 = sha256_of_file(file),
                      .signed_by = sealing.key == nullptr ? std::string() : sealing.key->common_name()};
  sealed.facts.compression = compression;
  return sealed;
}

}  // namespace

SealedModule seal_module(const StrippedModule& stripped, const HeaderTree& headers, const SigningKey* key,
                         const fs::path& output_directory, std::stop_token stop) {
  if (stop.stop_requested()) throw Cancelled{};
  return with_context(fmt::format("while sealing module {}", stripped.name.str()), [&] {
    return seal({.stripped = stripped, .headers = headers, .key = key, .output = output_directory, .stop = std::move(stop)});
  });
}

}  // namespace kmpack
