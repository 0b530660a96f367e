#include "verify/module_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "inspect/facts.hpp"
#include "inspect/trailer.hpp"
#include "kmpack/architecture.hpp"
#include "sign/signature.hpp"
#include "verify/in_tree.hpp"
#include "wrap/compress.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using std::string;
using std::string_view;

constexpr std::size_t kStreamHeaderSize = 12;
constexpr unsigned char kLzma2Filter = 0x21;
// Dictionary sizes are 2^(n/2 + 11), with half steps: 18 is 1 MiB.
constexpr unsigned char kLargestDictionary = 18;

unsigned char byte_at(string_view bytes, std::size_t place) noexcept { return static_cast<unsigned char>(bytes[place]); }

/// Skips one number of the format's variable-length kind.
void skip_number(string_view bytes, std::size_t& place) noexcept {
  while (place < bytes.size() && (byte_at(bytes, place) & 0x80U) != 0) ++place;
  ++place;
}

class ModuleRules {
 public:
  ModuleRules(const PackedModule& module, const VerifyExpectation& expectation, const std::optional<ForeignBuild>& foreign,
              std::optional<Certificate>& certificate, VerifyReport& report)
      : module_(module),
        expectation_(expectation),
        foreign_(foreign),
        certificate_(certificate),
        report_(report),
        file_(module.installed.filename().string()) {}

  void facts(const ModuleFacts& facts, const string& arch);
  void compression(string_view bytes);
  void signature(string_view module);
  void broken(Diagnostic problem) { report_.fail("readable:" + file_, std::move(problem)); }

 private:
  void release(const ModuleFacts& facts);
  void warn_renamed(const ModuleFacts& facts);
  void judge(string_view check, string_view code, const string& wrong, string detail, string hint);

  const PackedModule& module_;
  const VerifyExpectation& expectation_;
  const std::optional<ForeignBuild>& foreign_;
  std::optional<Certificate>& certificate_;
  VerifyReport& report_;
  string file_;
};

void ModuleRules::judge(string_view check, string_view code, const string& wrong, string detail, string hint) {
  string name = fmt::format("{}:{}", check, file_);
  if (wrong.empty()) return report_.pass(std::move(name), std::move(detail));
  report_.fail(
      std::move(name),
      Diagnostic{.code = code, .message = fmt::format("{}: {}", module_.installed.string(), wrong), .hint = std::move(hint)});
}

void ModuleRules::release(const ModuleFacts& facts) {
  string wrong;
  string detail = facts.vermagic;
  const auto directory = release_of(module_.installed);
  if (directory && facts.release() != *directory) {
    wrong = fmt::format("built for {}, installed for {}", facts.release().str(), directory->str());
    if (foreign_ && foreign_->built_for == facts.release()) {
      detail = fmt::format("{} as the package says: {}", wrong, foreign_->reason);
      wrong = foreign_->loads ? "" : fmt::format("{}: {}", wrong, foreign_->reason);
    }
  } else if (foreign_) {
    wrong = fmt::format("built for {}, where the package says for {}", facts.release().str(), foreign_->built_for.str());
  }
  judge("vermagic", "package-vermagic", wrong, std::move(detail),
        "the kernel refuses it; build it against that kernel's headers");
}

void ModuleRules::facts(const ModuleFacts& facts, const string& arch) {
  release(facts);
  string wrong;
  const Architecture* const wanted = find_architecture(arch);
  if (wanted != nullptr && wanted->elf_machine != facts.elf_machine) wrong = fmt::format("its machine code is not for {}", arch);
  judge("machine", "package-architecture", wrong, arch, "build it with that architecture's compiler");
  judge("name", "package-name", "", facts.name.str(), "");
  if (module_key(file_) != module_key(facts.name.str())) warn_renamed(facts);
}

void ModuleRules::warn_renamed(const ModuleFacts& facts) {
  report_.problems.report(Diagnostic{
      .severity = Severity::warning,
      .code = "module-renamed",
      .message = fmt::format("{}: its name inside is {}", module_.installed.string(), facts.name.str()),
      .notes = {"modprobe and modules.dep go by the file's name; lsmod, rmmod and other modules' needs by the one inside"},
      .hint = "install it under its own name, unless the other one is meant"});
}

void ModuleRules::compression(string_view bytes) {
  const Compression found = compression_of(bytes);
  string wrong;
  if (suffix_of(found) != string_view{fs::path{file_}.extension() == ".ko" ? "" : fs::path{file_}.extension().native()}) {
    wrong = "its suffix does not say how it is compressed";
  } else if (found == Compression::xz) {
    if (const auto why = xz_unreadable_by_kernel(bytes)) wrong = fmt::format("the kernel cannot decompress it: {}", *why);
  }
  if (wrong.empty() && expectation_.config != nullptr && found != Compression::none &&
      found != expectation_.config->compression) {
    wrong = "this kernel's modules are not compressed so";
  }
  if (wrong.empty() && expectation_.kernel != nullptr) {
    const auto& readable = expectation_.kernel->rules.readable;
    if (!readable.empty() && std::ranges::find(readable, found) == readable.end())
      wrong = "the distribution's module tools do not read that";
  }
  judge("compression", "package-compression", wrong, string{found == Compression::none ? "none" : suffix_of(found).substr(1)},
        "compress as the kernel's configuration says: xz --check=crc32 --lzma2=dict=1MiB");
}

void ModuleRules::signature(string_view module) {
  const SignatureView view = split_signature(module, module_.installed);
  if (!view.is_signed()) {
    const string wrong = expectation_.signatures == Signatures::required ? "it is not signed" : "";
    return judge("signature", "module-unsigned", wrong, "unsigned",
                 "build with --key and --certificate, or say that unsigned is meant");
  }
  judge("signed-once", "module-signed-twice", view.layers > 1 ? fmt::format("it carries {} signatures", view.layers) : "", "",
        "sign the module that kbuild made, not one that is signed");
  if (!expectation_.certificate)
    return judge("signature", "module-unsigned", "", "signed, not checked against a certificate", "");
  if (!certificate_) certificate_ = Certificate::load(*expectation_.certificate);
  if (auto problem = verify_signature(module, *certificate_, module_.installed)) {
    return report_.fail("signature:" + file_, std::move(*problem));
  }
  judge("signature", "module-unsigned", "", "signed by " + certificate_->common_name(), "");
}

string unpacked(const PackedModule& module) {
  try {
    return decompressed(module.bytes);
  } catch (const Error& error) {
    throw Error(
        Diagnostic{.code = "module-unreadable",
                   .message = fmt::format("cannot read module {}: {}", module.installed.string(), error.diagnostic().message),
                   .hint = error.diagnostic().hint});
  }
}

}  // namespace

std::optional<string_view> xz_unreadable_by_kernel(string_view file) noexcept {
  if (file.size() < kStreamHeaderSize + 8) return "it is cut off";
  const unsigned check = byte_at(file, 7) & 0x0fU;
  if (check > 1) return "its check is neither CRC32 nor none";
  const std::size_t header = (std::size_t{byte_at(file, kStreamHeaderSize)} + 1) * 4;
  if (byte_at(file, kStreamHeaderSize) == 0 || header > file.size() - kStreamHeaderSize) return "it has no data";
  const string_view block = file.substr(kStreamHeaderSize, header);
  const unsigned flags = byte_at(block, 1);
  std::size_t place = 2;
  if ((flags & 0x40U) != 0) skip_number(block, place);
  if ((flags & 0x80U) != 0) skip_number(block, place);
  for (unsigned left = (flags & 0x03U) + 1; left > 0; --left) {
    if (place + 2 >= block.size()) return "its header is damaged";
    const unsigned char filter = byte_at(block, place);
    const std::size_t properties = byte_at(block, place + 1);
    if (filter == kLzma2Filter && byte_at(block, place + 2) > kLargestDictionary) return "its dictionary is larger than 1 MiB";
    place += 2 + properties;
  }
  return std::nullopt;
}

void ModuleCheck::judge(const PackageContents& contents, const PackedModule& module, VerifyReport& report) {
  ModuleRules rules{module, expectation_, foreign_, certificate_, report};
  try {
    rules.compression(module.bytes);
    const string plain = unpacked(module);
    // Under a path that is no module's file name the module tells its own name.
    const fs::path unnamed = module.installed.parent_path() / module_key(module.installed.filename().string());
    rules.facts(read_module_facts(plain, unnamed), contents.arch);
    rules.signature(plain);
  } catch (const Error& error) {
    rules.broken(error.diagnostic());
  }
}

}  // namespace kmpack
