#include "inspect/facts.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "inspect/exports.hpp"
#include "inspect/trailer.hpp"
#include "sys/files.hpp"
#include "wrap/compress.hpp"
#include "wrap/crypto.hpp"
#include "wrap/elf.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

Fields modinfo_fields(const ElfObject& elf) {
  Fields fields;
  const ElfSection* section = elf.find(".modinfo");
  if (section == nullptr) return fields;
  for (const std::string_view field : split(section->data, '\0')) {
    const std::size_t equals = field.find('=');
    if (equals != std::string_view::npos) fields.emplace_back(field.substr(0, equals), field.substr(equals + 1));
  }
  return fields;
}

/// The loader takes the first field of a name.
std::string first(const Fields& fields, std::string_view key) {
  for (const auto& [name, value] : fields)
    if (name == key) return std::string(value);
  return {};
}

std::vector<std::string> all(const Fields& fields, std::string_view key) {
  std::vector<std::string> values;
  for (const auto& [name, value] : fields)
    if (name == key) values.emplace_back(value);
  return values;
}

std::vector<std::string> dependencies(const Fields& fields) {
  std::vector<std::string> names;
  const std::string text = first(fields, "depends");
  for (const std::string_view name : split(text, ','))
    if (!name.empty()) names.emplace_back(name);
  return names;
}

/// "name: description" of parm, or the name alone of a parmtype that nobody described, in the file's order of the types.
std::vector<std::string> parameters(const Fields& fields) {
  std::map<std::string_view, std::string_view> described;
  std::vector<std::string_view> names;
  for (const auto& [key, value] : fields) {
    const std::string_view name = value.substr(0, value.find(':'));
    if (key == "parm") described.emplace(name, value.size() > name.size() ? value.substr(name.size() + 1) : std::string_view{});
    if (key == "parm" || key == "parmtype") names.push_back(name);
  }
  std::vector<std::string> result;
  std::map<std::string_view, bool> told;
  for (const std::string_view name : names) {
    if (std::exchange(told[name], true)) continue;
    const auto found = described.find(name);
    result.push_back(found == described.end() ? std::string(name) : fmt::format("{}: {}", name, found->second));
  }
  return result;
}

/// File name without .ko and what follows; a file called otherwise takes the name that the module gives itself.
ModuleName name_of(const fs::path& file, const Fields& fields) {
  const std::string text = file.filename().string();
  const std::size_t suffix = text.find(".ko");
  return ModuleName{suffix == std::string::npos || suffix == 0 ? first(fields, "name") : text.substr(0, suffix)};
}

std::optional<SignatureFacts> signature_facts(const SignatureView& view, const fs::path& file) {
  if (!view.is_signed()) return std::nullopt;
  auto signer = Cms::read(view.cms);
  if (!signer)
    throw Error(
        Diagnostic{.code = "signature-malformed",
                   .message = fmt::format("the signature at the end of {} is not a CMS signature of one signer", file.string()),
                   .hint = "build and sign the module again"});
  return SignatureFacts{
      .signer = std::move(signer->issuer), .key_serial = std::move(signer->serial), .hash = std::move(signer->hash)};
}

ModuleFacts facts_of(std::string_view module, const fs::path& file) {
  const SignatureView view = split_signature(module, file);
  const ElfObject elf(module);
  const Fields fields = modinfo_fields(elf);
  ModuleFacts facts;
  facts.file = file;
  facts.name = name_of(file, fields);
  facts.elf_machine = elf.machine();
  facts.vermagic = first(fields, "vermagic");
  if (facts.vermagic.empty())
    throw Error(Diagnostic{.code = "module-no-vermagic",
                           .message = fmt::format("{} does not say which kernel it was built for", file.string()),
                           .hint = "it is an object file, not a finished module: modpost has not run over it"});
  facts.license = first(fields, "license");
  facts.version = first(fields, "version");
  facts.srcversion = first(fields, "srcversion");
  facts.description = first(fields, "description");
  facts.depends = dependencies(fields);
  facts.aliases = all(fields, "alias");
  facts.softdeps = all(fields, "softdep");
  facts.firmware = all(fields, "firmware");
  facts.import_namespaces = all(fields, "import_ns");
  facts.parameters = parameters(fields);
  facts.needed = detail::needed_symbols(elf);
  facts.exported = detail::exported_symbols(elf);
  facts.has_btf = elf.find(".BTF") != nullptr;
  if (const ElfSection* itself = elf.find(".gnu.linkonce.this_module")) facts.struct_module_size = itself->data.size();
  facts.signature = signature_facts(view, file);
  return facts;
}

/// Whoever builds a module decides what lies in its place: looked at before it is read.
void check_plausible(const fs::path& file) {
  refuse_special_file(file);
  std::error_code unseen;
  const std::uintmax_t size = fs::file_size(file, unseen);
  if (unseen) return;
  if (size > kLargestModule) {
    throw Error(
        Diagnostic{.code = "module-too-large",
                   .message = fmt::format("{} has {} bytes; no module has more than {}", file.string(), size, kLargestModule),
                   .hint = "look at what the build put there"});
  }
  // ELF, or compressed: no other need be read to be refused.
  std::string start(8, '\0');
  std::ifstream(file, std::ios::binary).read(start.data(), static_cast<std::streamsize>(start.size()));
  if (size > start.size() && !start.starts_with("\x7f") && compression_of(start) == Compression::none)
    with_context("while reading " + file.string(), [&] { static_cast<void>(ElfObject(start)); });
}

std::string read_module(const fs::path& file) {
  check_plausible(file);
  try {
    return read_file(file);
  } catch (const Error& error) {
    throw Error(Diagnostic{
        .code = "module-unreadable", .message = error.diagnostic().message, .hint = "check the path and its permissions"});
  }
}

std::string unpacked(const std::string& bytes, const fs::path& file) {
  try {
    return decompressed(bytes);
  } catch (const Error& error) {
    throw Error(Diagnostic{.code = "module-unreadable",
                           .message = fmt::format("cannot read module {}: {}", file.string(), error.diagnostic().message),
                           .hint = error.diagnostic().hint});
  }
}

}  // namespace

std::string decompressed_module(const fs::path& file) { return unpacked(read_module(file), file); }

ModuleFacts read_module_facts(std::string_view elf, const fs::path& file) {
  return with_context("while reading " + file.string(), [&] { return facts_of(elf, file); });
}

ModuleFacts read_module_facts(const fs::path& file) {
  const std::string bytes = read_module(file);
  ModuleFacts facts = read_module_facts(unpacked(bytes, file), file);
  facts.compression = compression_of(bytes);
  return facts;
}

}  // namespace kmpack
