#include "inspect/symvers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
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

}  // namespace

Symvers::Symvers() : table_(std::make_shared<const Table>()) {}
Symvers::Symvers(std::shared_ptr<const Table> table) : table_(std::move(table)) {}

Symvers Symvers::read(const std::filesystem::path& file) { return parse(decompressed(read_file(file)), file); }

Symvers Symvers::parse(std::string text, const std::filesystem::path& file) {
  auto table = std::make_shared<Table>();
  table->text = std::move(text);
  std::string_view rest = table->text;
  for (std::uint32_t line = 1; !rest.empty(); ++line) {
    const std::size_t end = rest.find('\n');
    const std::optional<KernelSymbol> symbol = symbol_of(rest.substr(0, end));
    if (!symbol) throw_malformed(file, line);
    table->symbols.push_back(*symbol);
    if (symbol->module != "vmlinux") {
      const std::string_view base = symbol->module.substr(symbol->module.rfind('/') + 1);
      table->modules.insert(detail::kernel_spelling(base));
    }
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  // A name that stands twice keeps its first line, as in modpost.
  std::ranges::stable_sort(table->symbols, {}, &KernelSymbol::name);
  return Symvers(std::move(table));
}

const KernelSymbol* Symvers::find(std::string_view name) const noexcept {
  const auto found = std::ranges::lower_bound(table_->symbols, name, {}, &KernelSymbol::name);
  return found != table_->symbols.end() && found->name == name ? &*found : nullptr;
}

const std::vector<KernelSymbol>& Symvers::all() const noexcept { return table_->symbols; }

bool Symvers::has_module(std::string_view name) const { return table_->modules.contains(detail::kernel_spelling(name)); }

}  // namespace kmpack
