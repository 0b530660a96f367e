#pragma once

#include <elf.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kmpack::test {

/// Makes small relocatable ELF files that look like kernel modules, of either word size and byte order, without a compiler.
class FakeModule {
 public:
  enum class Word { bits32, bits64 };
  enum class Order { little, big };
  enum class Crc { in_section, absolute };

  struct Symbol {
    std::string name;
    std::string section;  ///< empty: undefined; "ABS": absolute
    std::uint64_t value = 0;
    unsigned char binding = STB_GLOBAL;
  };

  explicit FakeModule(Word word = Word::bits64, Order order = Order::little) : word_(word), order_(order) {}

  std::uint16_t machine = EM_X86_64;
  std::uint16_t type = ET_REL;
  std::vector<std::pair<std::string, std::string>> sections;
  std::vector<Symbol> symbols;

  FakeModule& modinfo(std::initializer_list<std::string> fields);
  /// An undefined symbol, with its entry in __versions when there is a CRC.
  FakeModule& needs(const std::string& name, std::optional<std::uint32_t> crc, unsigned char binding = STB_GLOBAL);
  /// As the kernel's export-internal.h lays exports out; `crc_section` may be moved, some toolchains do.
  FakeModule& exports(const std::string& name, std::uint32_t crc, const std::string& symbol_namespace = "", bool gpl_only = false,
                      Crc form = Crc::in_section, const std::string& crc_section = "__kcrctab");
  [[nodiscard]] std::string bytes() const;
  [[nodiscard]] std::string number(std::uint64_t value, unsigned bytes) const;

 private:
  std::string& section(const std::string& name);
  [[nodiscard]] std::string section_header(std::uint64_t name, std::uint32_t type, std::uint64_t offset, std::uint64_t size,
                                           std::uint32_t link, std::uint64_t entry) const;
  [[nodiscard]] std::string symbol_entry(const Symbol& symbol, std::uint64_t name) const;
  [[nodiscard]] std::string header(std::uint64_t table, std::size_t count) const;
  [[nodiscard]] unsigned word() const { return word_ == Word::bits64 ? 8 : 4; }

  Word word_;
  Order order_;
};

/// A module that any reader accepts: x86-64, for kernel 6.1.0-0-test.
FakeModule plain_module();

}  // namespace kmpack::test
