#include "wrap/elf.hpp"

#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/owned.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/descriptor.hpp"

namespace kmpack {
namespace {

using Handle = Owned<Elf, elf_end>;

[[noreturn]] void throw_not_elf(std::string message) {
  throw Error(Diagnostic{.code = "module-not-elf", .message = std::move(message), .hint = "give a kernel module (.ko)"});
}

[[noreturn]] void throw_damaged(std::string message) {
  throw Error(Diagnostic{.code = "module-unreadable", .message = std::move(message), .hint = "build or fetch the file again"});
}

/// libelf wants its version agreed on once per process.
void agree_on_version() {
  static const bool agreed = elf_version(EV_CURRENT) != EV_NONE;
  if (!agreed) throw_damaged("libelf does not know the current ELF version");
}

Handle open_memory(std::string_view bytes) {
  agree_on_version();
  // libelf's signature is not const, but it only reads an image opened this way.
  Handle handle(elf_memory(const_cast<char*>(bytes.data()), bytes.size()));
  if (!handle || elf_kind(handle.get()) != ELF_K_ELF) throw_not_elf("the file is not an ELF object");
  return handle;
}

std::string_view text_at(std::string_view table, std::size_t offset) {
  if (offset >= table.size()) throw_damaged("a name lies outside its string table");
  const std::size_t end = table.find('\0', offset);
  if (end == std::string_view::npos) throw_damaged("a string table has no end");
  return table.substr(offset, end - offset);
}

std::string_view bytes_of(const GElf_Shdr& header, std::string_view file) {
  if (header.sh_type == SHT_NOBITS || header.sh_type == SHT_NULL || header.sh_size == 0) return {};
  if (header.sh_offset > file.size() || header.sh_size > file.size() - header.sh_offset)
    throw_damaged("a section lies outside the file: it was cut short or damaged");
  return file.substr(header.sh_offset, header.sh_size);
}

GElf_Shdr header_of(Elf_Scn* section) {
  GElf_Shdr header{};
  if (section == nullptr || gelf_getshdr(section, &header) == nullptr) throw_damaged("a section header cannot be read");
  return header;
}

std::vector<ElfSection> read_sections(Elf* elf, std::string_view file) {
  std::size_t count = 0;
  std::size_t names_index = 0;
  if (elf_getshdrnum(elf, &count) != 0 || elf_getshdrstrndx(elf, &names_index) != 0 || count == 0 || names_index >= count)
    throw_damaged("the section table cannot be read: the file was cut short or damaged");
  const std::string_view names = bytes_of(header_of(elf_getscn(elf, names_index)), file);
  std::vector<ElfSection> sections;
  sections.reserve(count);
  for (std::size_t index = 0; index < count; ++index) {
    const GElf_Shdr header = header_of(elf_getscn(elf, index));
    sections.push_back(
        {.name = index == 0 ? std::string_view{} : text_at(names, header.sh_name), .data = bytes_of(header, file)});
  }
  return sections;
}

Elf_Scn* find_section(Elf* elf, GElf_Word type) {
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr; section = elf_nextscn(elf, section))
    if (header_of(section).sh_type == type) return section;
  return nullptr;
}

std::vector<ElfSymbol> read_symbols(Elf* elf, const std::vector<ElfSection>& sections) {
  Elf_Scn* table = find_section(elf, SHT_SYMTAB);
  if (table == nullptr) return {};
  const GElf_Shdr header = header_of(table);
  if (header.sh_link >= sections.size()) throw_damaged("the symbol table names no string table");
  const std::string_view names = sections[header.sh_link].data;
  Elf_Data* data = elf_getdata(table, nullptr);
  const std::size_t entry = gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT);
  if (data == nullptr || data->d_type != ELF_T_SYM || entry == 0) throw_damaged("the symbol table cannot be read");
  Elf_Scn* extended = find_section(elf, SHT_SYMTAB_SHNDX);
  Elf_Data* indices = extended == nullptr ? nullptr : elf_getdata(extended, nullptr);

  std::vector<ElfSymbol> symbols;
  const std::size_t count = data->d_size / entry;
  symbols.reserve(count);
  for (std::size_t index = 1; index < count; ++index) {
    GElf_Sym symbol{};
    Elf32_Word far_section = 0;
    if (gelf_getsymshndx(data, indices, static_cast<int>(index), &symbol, &far_section) == nullptr)
      throw_damaged("a symbol cannot be read");
    const auto binding = GELF_ST_BIND(symbol.st_info);
    symbols.push_back({.name = text_at(names, symbol.st_name),
                       .value = symbol.st_value,
                       .section = symbol.st_shndx == SHN_XINDEX ? far_section : symbol.st_shndx,
                       .weak = binding == STB_WEAK,
                       .local = binding == STB_LOCAL});
  }
  return symbols;
}

}  // namespace

ElfObject::ElfObject(std::string_view bytes) {
  if (!bytes.starts_with(std::string_view(ELFMAG, SELFMAG))) throw_not_elf("the file is not an ELF object");
  const Handle elf = open_memory(bytes);
  GElf_Ehdr header{};
  if (gelf_getehdr(elf.get(), &header) == nullptr) throw_not_elf("the ELF header cannot be read");
  if (header.e_type != ET_REL) throw_not_elf("the file is ELF but not relocatable, as a kernel module is");
  machine_ = header.e_machine;
  word_bytes_ = gelf_getclass(elf.get()) == ELFCLASS32 ? 4 : 8;
  big_endian_ = header.e_ident[EI_DATA] == ELFDATA2MSB;
  sections_ = read_sections(elf.get(), bytes);
  symbols_ = read_symbols(elf.get(), sections_);
}

const ElfSection* ElfObject::find(std::string_view section) const noexcept {
  const auto found = std::ranges::find(sections_, section, &ElfSection::name);
  return found == sections_.end() ? nullptr : &*found;
}

std::optional<std::uint64_t> ElfObject::number(std::string_view data, std::uint64_t offset, unsigned bytes) const noexcept {
  if (bytes > data.size() || offset > data.size() - bytes) return std::nullopt;
  std::uint64_t value = 0;
  for (unsigned index = 0; index < bytes; ++index) {
    const std::uint64_t place = big_endian_ ? offset + index : offset + (bytes - 1 - index);
    value = (value << 8U) | static_cast<unsigned char>(data[place]);
  }
  return value;
}

std::optional<std::string_view> elf_section(std::string_view bytes, std::string_view section) {
  if (!bytes.starts_with(std::string_view(ELFMAG, SELFMAG))) return std::nullopt;
  const Handle elf = open_memory(bytes);
  for (const ElfSection& found : read_sections(elf.get(), bytes))
    if (found.name == section) return found.data;
  return std::nullopt;
}

std::optional<ElfPlace> elf_section_place(const std::filesystem::path& file, std::string_view section) {
  agree_on_version();
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  const Handle elf(descriptor ? elf_begin(descriptor.get(), ELF_C_READ, nullptr) : nullptr);
  std::size_t names = 0;
  if (!elf || elf_getshdrstrndx(elf.get(), &names) != 0) return std::nullopt;
  for (Elf_Scn* found = elf_nextscn(elf.get(), nullptr); found != nullptr; found = elf_nextscn(elf.get(), found)) {
    GElf_Shdr header{};
    if (gelf_getshdr(found, &header) == nullptr || header.sh_type == SHT_NOBITS) continue;
    const char* const name = elf_strptr(elf.get(), names, header.sh_name);
    if (name != nullptr && section == name) return ElfPlace{.offset = header.sh_offset, .size = header.sh_size};
  }
  return std::nullopt;
}

}  // namespace kmpack
