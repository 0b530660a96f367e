#include "inspect/exports.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "wrap/elf.hpp"

namespace kmpack::detail {
namespace {

// struct modversion_info: an unsigned long and a name, 64 bytes together on every architecture.
constexpr std::size_t kVersionEntry = 64;

[[noreturn]] void throw_damaged(std::string message) {
  throw Error(Diagnostic{.code = "module-unreadable", .message = std::move(message), .hint = "build or fetch the file again"});
}

std::string_view until_nul(std::string_view bytes) { return bytes.substr(0, bytes.find('\0')); }

std::string_view data_of(const ElfObject& elf, std::string_view section) {
  const ElfSection* found = elf.find(section);
  return found == nullptr ? std::string_view{} : found->data;
}

using Versions = std::map<std::string_view, std::uint32_t>;

void add_classic_versions(const ElfObject& elf, Versions& versions) {
  const std::string_view data = data_of(elf, "__versions");
  if (data.size() % kVersionEntry != 0) throw_damaged("__versions does not hold whole entries");
  for (std::size_t at = 0; at < data.size(); at += kVersionEntry) {
    // A whole word: on big-endian 64-bit machines the CRC is its second half.
    const auto crc = elf.number(data, at, elf.word_bytes());
    const std::string_view name = until_nul(data.substr(at + elf.word_bytes(), kVersionEntry - elf.word_bytes()));
    if (!crc) throw_damaged("__versions cannot be read");
    if (!name.empty()) versions.emplace(name, static_cast<std::uint32_t>(*crc));
  }
}

/// Names of any length, since Linux 6.14: CRCs in one section, names in another.
void add_extended_versions(const ElfObject& elf, Versions& versions) {
  const std::string_view crcs = data_of(elf, "__version_ext_crcs");
  std::string_view names = data_of(elf, "__version_ext_names");
  for (std::size_t at = 0; at + 4 <= crcs.size(); at += 4) {
    const std::string_view name = until_nul(names);
    if (name.empty()) throw_damaged("__version_ext_names has fewer names than there are CRCs");
    versions.insert_or_assign(name, static_cast<std::uint32_t>(elf.number(crcs, at, 4).value_or(0)));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
  }
}

/// Names that the linker or the architecture's code generation brings; no kernel exports them.
bool is_linker_name(std::string_view name) {
  return name == "_GLOBAL_OFFSET_TABLE_" || name == ".TOC." || name.starts_with("_restgpr") || name.starts_with("_savegpr") ||
         name.starts_with("_restfpr") || name.starts_with("_savefpr") || name.starts_with("_restvr") ||
         name.starts_with("_savevr");
}

std::string_view bytes_at(const ElfObject& elf, const ElfSymbol& symbol) {
  if (symbol.section == kUndefinedSection || symbol.section >= elf.sections().size()) return {};
  const std::string_view data = elf.sections()[symbol.section].data;
  return symbol.value < data.size() ? data.substr(symbol.value) : std::string_view{};
}

std::uint32_t crc_of(const ElfObject& elf, const ElfSymbol& symbol) {
  if (symbol.section == kAbsoluteSection) return static_cast<std::uint32_t>(symbol.value);
  const auto crc = elf.number(bytes_at(elf, symbol), 0, 4);
  if (!crc) throw_damaged("the CRC of exported symbol " + std::string(symbol.name.substr(6)) + " lies outside its section");
  return static_cast<std::uint32_t>(*crc);
}

bool take_prefix(std::string_view& name, std::string_view prefix) {
  if (!name.starts_with(prefix) || name.size() == prefix.size()) return false;
  name.remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::vector<NeededSymbol> needed_symbols(const ElfObject& elf) {
  Versions versions;
  add_classic_versions(elf, versions);
  add_extended_versions(elf, versions);
  std::map<std::string_view, NeededSymbol> needed;
  for (const auto& [name, crc] : versions) needed[name] = {.name = std::string(name), .crc = crc, .weak = false};
  for (const ElfSymbol& symbol : elf.symbols()) {
    if (symbol.section != kUndefinedSection || symbol.name.empty() || is_linker_name(symbol.name)) continue;
    NeededSymbol& entry = needed[symbol.name];
    entry.name = std::string(symbol.name);
    entry.weak = symbol.weak;
  }
  std::vector<NeededSymbol> result;
  result.reserve(needed.size());
  for (auto& [name, symbol] : needed) result.push_back(std::move(symbol));
  return result;
}

std::vector<ExportedSymbol> exported_symbols(const ElfObject& elf) {
  std::map<std::string_view, ExportedSymbol> exported;
  for (const ElfSymbol& symbol : elf.symbols()) {
    std::string_view name = symbol.name;
    if (!take_prefix(name, "__ksymtab_") || symbol.section == kUndefinedSection || symbol.section >= elf.sections().size())
      continue;
    const std::string_view section = elf.sections()[symbol.section].name;
    // modpost's section is ___ksymtab+NAME until the final link gathers them in __ksymtab; _gpl stands in either.
    if (section.find("__ksymtab") == std::string_view::npos || section == "__ksymtab_strings") continue;
    const bool gpl_only = section.find("__ksymtab_gpl") != std::string_view::npos;
    exported[name] = {.name = std::string(name), .crc = {}, .symbol_namespace = {}, .gpl_only = gpl_only};
  }
  for (const ElfSymbol& symbol : elf.symbols()) {
    if (symbol.section == kUndefinedSection) continue;
    std::string_view name = symbol.name;
    if (take_prefix(name, "__crc_")) {
      if (const auto found = exported.find(name); found != exported.end()) found->second.crc = crc_of(elf, symbol);
    } else if (take_prefix(name, "__kstrtabns_")) {
      if (const auto found = exported.find(name); found != exported.end())
        found->second.symbol_namespace = std::string(until_nul(bytes_at(elf, symbol)));
    }
  }
  std::vector<ExportedSymbol> result;
  result.reserve(exported.size());
  for (auto& [name, symbol] : exported) result.push_back(std::move(symbol));
  return result;
}

}  // namespace kmpack::detail
