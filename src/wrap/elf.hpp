#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace kmpack {

struct ElfSection {
  std::string_view name;
  std::string_view data;  ///< empty for sections without bytes in the file
};

struct ElfSymbol {
  std::string_view name;
  std::uint64_t value = 0;
  std::uint32_t section = 0;  ///< index, or kUndefinedSection, kAbsoluteSection
  bool weak = false;
  bool local = false;
};

inline constexpr std::uint32_t kUndefinedSection = 0;
inline constexpr std::uint32_t kAbsoluteSection = 0xfff1;

/// A relocatable ELF file in memory, of either byte order and word size. Views point into the bytes given, which must outlive it.
///
/// Threads: safe from many threads; each object has its own libelf handle, gone after construction.
class ElfObject {
 public:
  /// Errors: module-not-elf; module-unreadable when a table lies outside the file.
  explicit ElfObject(std::string_view bytes);

  [[nodiscard]] std::uint16_t machine() const noexcept { return machine_; }
  [[nodiscard]] unsigned word_bytes() const noexcept { return word_bytes_; }
  /// Index 0 is the null section.
  [[nodiscard]] const std::vector<ElfSection>& sections() const noexcept { return sections_; }
  [[nodiscard]] const std::vector<ElfSymbol>& symbols() const noexcept { return symbols_; }
  [[nodiscard]] const ElfSection* find(std::string_view section) const noexcept;
  /// A number of 4 or 8 bytes in the file's byte order; nothing when it does not lie within `data`.
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view data, std::uint64_t offset, unsigned bytes) const noexcept;

 private:
  std::uint16_t machine_ = 0;
  unsigned word_bytes_ = 8;
  bool big_endian_ = false;
  std::vector<ElfSection> sections_;
  std::vector<ElfSymbol> symbols_;
};

/// The data of a section of any ELF file, as a vmlinux; nothing when it is no ELF file or has no such section. The view points
/// into the bytes given.
///
/// Errors:  module-unreadable when a table lies outside the file.
std::optional<std::string_view> elf_section(std::string_view bytes, std::string_view section);

struct ElfPlace {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// Where a section lies in an ELF file, of which only the tables are read; nothing when that cannot be told.
std::optional<ElfPlace> elf_section_place(const std::filesystem::path& file, std::string_view section);

}  // namespace kmpack
