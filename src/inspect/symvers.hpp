#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kmpack {

/// One line of Module.symvers; the views live as long as the Symvers they came from.
struct KernelSymbol {
  std::string_view name;
  std::string_view module;            ///< path without .ko as kbuild writes it (drivers/net/tun), or vmlinux
  std::string_view symbol_namespace;  ///< empty: none
  std::uint32_t crc = 0;              ///< 0 where the kernel has no MODVERSIONS
  bool gpl_only = false;
};

/// A set of symbol names, made for asking often about names that are not in it. The text of the names must outlive it.
///
/// Threads: const members are safe from many threads.
class SymbolNames {
 public:
  void insert(std::string_view name);
  [[nodiscard]] bool contains(std::string_view name) const noexcept;

 private:
  void grow();
  std::vector<std::string_view> slots_;  ///< open addressing; an empty view is a free slot
  std::size_t count_ = 0;
};

/// The symbols a kernel (or a package) exports. Immutable and cheap to copy: copies share one table.
///
/// Threads: safe from many threads.
class Symvers {
 public:
  /// Knows no symbol.
  Symvers();
  /// Read a Module.symvers file, or the symvers.gz, .xz or .zst that rpm distributions keep with their kernels.
  ///
  /// Shape:   lines of CRC, name, module, export type, namespace, divided by tabs; the namespace may be missing.
  /// Errors:  file-unreadable, symvers-malformed with file and line, compressed-damaged, compressed-too-large.
  /// Source:  linux Documentation/kbuild/modules.rst, "Symbols and CRC".
  static Symvers read(const std::filesystem::path& file);
  static Symvers parse(std::string text, const std::filesystem::path& file);
  /// Only the symbols that `wanted` holds, many times faster: who asks about a few of 30,000 needs no table of all. Of other
  /// lines only the start is looked at.
  static Symvers read_some(const std::filesystem::path& file, const SymbolNames& wanted);

  /// Null when the kernel does not export the name.
  [[nodiscard]] const KernelSymbol* find(std::string_view name) const noexcept;
  /// Sorted by name.
  [[nodiscard]] const std::vector<KernelSymbol>& all() const noexcept;
  /// True when a symbol of this file belongs to that module (base name, `-` and `_` alike).
  [[nodiscard]] bool has_module(std::string_view name) const;

 private:
  struct Table;
  explicit Symvers(std::shared_ptr<const Table> table);
  std::shared_ptr<const Table> table_;
};

}  // namespace kmpack
