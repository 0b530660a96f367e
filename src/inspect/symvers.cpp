#include "inspect/symvers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "inspect/module_names.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "wrap/compress.hpp"

namespace kmpack {

struct Symvers::Table {
  std::string text;
  std::vector<KernelSymbol> symbols;
  std::set<std::string> modules;
};

namespace {

/// 0x and eight digits.
constexpr std::size_t kLongestCrc = 10;

std::optional<std::uint32_t> crc_of(std::string_view text) {
  if (!text.starts_with("0x")) return std::nullopt;
  text.remove_prefix(2);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<KernelSymbol> symbol_of(std::string_view line) {
  std::array<std::string_view, 5> columns{};
  std::size_t count = 0;
  while (count < columns.size()) {
    const std::size_t tab = line.find('\t');
    columns.at(count++) = line.substr(0, tab);
    if (tab == std::string_view::npos) break;
    line.remove_prefix(tab + 1);
    if (count == columns.size()) return std::nullopt;
  }
  const auto [crc_text, name, module, exported, symbol_namespace] = columns;
  const std::optional<std::uint32_t> crc = crc_of(crc_text);
  if (count < 4 || !crc || name.empty() || module.empty() || !exported.starts_with("EXPORT_")) return std::nullopt;
  return KernelSymbol{.name = name,
                      .module = module,
                      .symbol_namespace = symbol_namespace,
                      .crc = *crc,
                      .gpl_only = exported.find("_GPL") != exported.npos};
}

[[noreturn]] void throw_malformed(const std::filesystem::path& file, std::uint32_t line) {
  throw Error(Diagnostic{.code = "symvers-malformed",
                         .message = "the line does not read as CRC, symbol, module, export type and namespace divided by tabs",
                         .where = SourceSpan{.file = file, .line = line},
                         .hint = "fetch the kernel's headers again"});
}

/// The lines whose second column is wanted; `line` counts all.
std::string wanted_lines(std::string_view rest, const SymbolNames& wanted, const std::filesystem::path& file,
                         std::uint32_t& line) {
  std::string found;
  for (; !rest.empty(); ++line) {
    const std::size_t crc_end = rest.find('\t');
    const std::size_t name_end = crc_end == rest.npos ? rest.npos : rest.find('\t', crc_end + 1);
    const std::size_t next = name_end == rest.npos ? rest.npos : rest.find('\n', name_end + 1);
    const std::size_t length = next == rest.npos ? rest.size() : next + 1;
    if (name_end == rest.npos || !rest.starts_with("0x") || crc_end > kLongestCrc) throw_malformed(file, line);
    if (wanted.contains(rest.substr(crc_end + 1, name_end - crc_end - 1))) found += rest.substr(0, length);
    rest.remove_prefix(length);
  }
  return found;
}

/// Names differ at their ends: most of what many have in common (__pci_, drm_atomic_) stands at the start.
std::size_t hash_of(std::string_view name) noexcept {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  const std::size_t bytes = std::min(name.size(), sizeof first);
  std::memcpy(&first, name.data(), bytes);
  std::memcpy(&last, name.data() + name.size() - bytes, bytes);
  // Odd numbers from the golden ratio and the square root of three; the upper bits are the mixed ones.
  std::uint64_t mixed = (first ^ (last * 0x9e3779b97f4a7c15U) ^ name.size()) * 0xbb67ae8584caa73bU;
  mixed ^= mixed >> 32U;
  return static_cast<std::size_t>(mixed);
}

/// Nothing when the file is compressed or cannot be read. Two megabytes of a kernel are read through one small buffer: to get
/// that much fresh memory takes longer than to look at it.
std::optional<std::string> wanted_lines_in_pieces(const std::filesystem::path& file, const SymbolNames& wanted) {
  refuse_special_file(file);
  constexpr std::size_t kPiece = 128 * 1024;
  std::ifstream stream(file, std::ios::binary);
  std::string piece;
  std::string found;
  std::uint32_t line = 1;
  for (std::size_t held = 0; stream;) {
    piece.resize(held + kPiece);
    stream.read(piece.data() + held, static_cast<std::streamsize>(kPiece));
    const std::string_view have = std::string_view(piece).substr(0, held + static_cast<std::size_t>(stream.gcount()));
    if (stream.bad() || (line == 1 && compression_of(have) != Compression::none)) return std::nullopt;
    // A line that is cut is looked at with the next piece.
    const std::size_t whole = stream ? have.rfind('\n') + 1 : have.size();
    found += wanted_lines(have.substr(0, whole), wanted, file, line);
    held = have.size() - whole;
    piece.erase(0, whole);
    if (!stream) return found;
  }
  return std::nullopt;
}

}  // namespace

void SymbolNames::grow() {
  std::vector<std::string_view> old(std::max<std::size_t>(slots_.size() * 2, 1024));
  old.swap(slots_);
  count_ = 0;
  for (const std::string_view name : old)
    if (!name.empty()) insert(name);
}

void SymbolNames::insert(std::string_view name) {
  // At most a quarter full: a name that is not there is mostly told by one look.
  if (count_ * 4 >= slots_.size()) grow();
  if (name.empty() || contains(name)) return;
  std::size_t slot = hash_of(name) & (slots_.size() - 1);
  while (!slots_[slot].empty()) slot = (slot + 1) & (slots_.size() - 1);
  slots_[slot] = name;
  ++count_;
}

bool SymbolNames::contains(std::string_view name) const noexcept {
  if (count_ == 0 || name.empty()) return false;
  for (std::size_t slot = hash_of(name) & (slots_.size() - 1); !slots_[slot].empty(); slot = (slot + 1) & (slots_.size() - 1))
    if (slots_[slot] == name) return true;
  return false;
}

Symvers::Symvers() : table_(std::make_shared<const Table>()) {}
Symvers::Symvers(std::shared_ptr<const Table> table) : table_(std::move(table)) {}

Symvers Symvers::read(const std::filesystem::path& file) { return parse(decompressed(read_file(file)), file); }

Symvers Symvers::parse(std::string text, const std::filesystem::path& file) {
  auto table = std::make_shared<Table>();
  table->text = std::move(text);
  std::string_view rest = table->text;
  std::string_view last_module = "vmlinux";
  for (std::uint32_t line = 1; !rest.empty(); ++line) {
    const std::size_t end = rest.find('\n');
    const std::optional<KernelSymbol> symbol = symbol_of(rest.substr(0, end));
    if (!symbol) throw_malformed(file, line);
    table->symbols.push_back(*symbol);
    // Symbols of one module often stand together.
    if (symbol->module != "vmlinux" && symbol->module != last_module)
      table->modules.insert(detail::kernel_spelling(symbol->module.substr(symbol->module.rfind('/') + 1)));
    last_module = symbol->module;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  // A name that stands twice keeps its first line, as in modpost.
  std::ranges::stable_sort(table->symbols, {}, &KernelSymbol::name);
  return Symvers(std::move(table));
}

Symvers Symvers::read_some(const std::filesystem::path& file, const SymbolNames& wanted) {
  if (auto found = wanted_lines_in_pieces(file, wanted)) return parse(*std::move(found), file);
  std::uint32_t line = 1;
  return parse(wanted_lines(decompressed(read_file(file)), wanted, file, line), file);
}

const KernelSymbol* Symvers::find(std::string_view name) const noexcept {
  const auto found = std::ranges::lower_bound(table_->symbols, name, {}, &KernelSymbol::name);
  return found != table_->symbols.end() && found->name == name ? &*found : nullptr;
}

const std::vector<KernelSymbol>& Symvers::all() const noexcept { return table_->symbols; }

bool Symvers::has_module(std::string_view name) const { return table_->modules.contains(detail::kernel_spelling(name)); }

}  // namespace kmpack
