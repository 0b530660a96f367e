#include "support/fake_module.hpp"

#include <algorithm>

namespace kmpack::test {

std::string FakeModule::number(std::uint64_t value, unsigned bytes) const {
  std::string text;
  for (unsigned index = 0; index < bytes; ++index) text += static_cast<char>(value >> (8 * index) & 0xffU);
  if (order_ == Order::big) std::ranges::reverse(text);
  return text;
}

std::string& FakeModule::section(const std::string& name) {
  for (auto& [known, data] : sections)
    if (known == name) return data;
  return sections.emplace_back(name, "").second;
}

FakeModule& FakeModule::modinfo(std::initializer_list<std::string> fields) {
  for (const std::string& field : fields) section(".modinfo") += field + '\0';
  return *this;
}

FakeModule& FakeModule::needs(const std::string& name, std::optional<std::uint32_t> crc, unsigned char binding) {
  symbols.push_back({.name = name, .section = "", .value = 0, .binding = binding});
  if (!crc) return *this;
  std::string entry = number(*crc, word()) + name;
  entry.resize(64, '\0');
  section("__versions") += entry;
  return *this;
}

FakeModule& FakeModule::exports(const std::string& name, std::uint32_t crc, const std::string& symbol_namespace, bool gpl_only,
                                Crc form, const std::string& crc_section) {
  const std::string table = gpl_only ? "__ksymtab_gpl" : "__ksymtab";
  std::string& entries = section(table);
  symbols.push_back({.name = "__ksymtab_" + name, .section = table, .value = entries.size(), .binding = STB_LOCAL});
  entries.append(12, '\0');
  std::string& strings = section("__ksymtab_strings");
  strings += name + '\0';
  symbols.push_back(
      {.name = "__kstrtabns_" + name, .section = "__ksymtab_strings", .value = strings.size(), .binding = STB_LOCAL});
  strings += symbol_namespace + '\0';
  if (form == Crc::absolute) {
    symbols.push_back({.name = "__crc_" + name, .section = "ABS", .value = crc});
  } else {
    std::string& crcs = section(crc_section);
    symbols.push_back({.name = "__crc_" + name, .section = crc_section, .value = crcs.size(), .binding = STB_LOCAL});
    crcs += number(crc, 4);
  }
  return *this;
}

std::string FakeModule::section_header(std::uint64_t name, std::uint32_t type_number, std::uint64_t offset, std::uint64_t size,
                                       std::uint32_t link, std::uint64_t entry) const {
  const unsigned w = word();
  return number(name, 4) + number(type_number, 4) + number(0, w) + number(0, w) + number(offset, w) + number(size, w) +
         number(link, 4) + number(0, 4) + number(1, w) + number(entry, w);
}

std::string FakeModule::symbol_entry(const Symbol& symbol, std::uint64_t name) const {
  std::uint16_t index = SHN_UNDEF;
  if (symbol.section == "ABS") index = SHN_ABS;
  for (std::size_t place = 0; place < sections.size(); ++place)
    if (sections[place].first == symbol.section) index = static_cast<std::uint16_t>(place + 1);
  const std::string info = std::string(1, static_cast<char>(symbol.binding << 4)) + '\0' + number(index, 2);
  if (word_ == Word::bits64) return number(name, 4) + info + number(symbol.value, 8) + number(0, 8);
  return number(name, 4) + number(symbol.value, 4) + number(0, 4) + info;
}

std::string FakeModule::header(std::uint64_t table, std::size_t count) const {
  const unsigned w = word();
  std::string text(
      "\x7f"
      "ELF",
      4);
  text += static_cast<char>(word_ == Word::bits64 ? ELFCLASS64 : ELFCLASS32);
  text += static_cast<char>(order_ == Order::big ? ELFDATA2MSB : ELFDATA2LSB);
  text += static_cast<char>(EV_CURRENT);
  text.resize(EI_NIDENT, '\0');
  return text + number(type, 2) + number(machine, 2) + number(EV_CURRENT, 4) + number(0, w) + number(0, w) + number(table, w) +
         number(0, 4) + number(w == 8 ? 64 : 52, 2) + number(0, 2) + number(0, 2) + number(w == 8 ? 64 : 40, 2) +
         number(count, 2) + number(count - 1, 2);
}

std::string FakeModule::bytes() const {
  const std::size_t header_size = word() == 8 ? 64 : 52;
  const std::uint64_t symbol_size = word() == 8 ? 24 : 16;
  std::string names(1, '\0');
  std::string table(symbol_size, '\0');
  for (const Symbol& symbol : symbols) {
    table += symbol_entry(symbol, names.size());
    names += symbol.name + '\0';
  }
  std::string section_names(1, '\0');
  std::string content;
  std::string headers = section_header(0, SHT_NULL, 0, 0, 0, 0);
  const auto place = [&](const std::string& name, const std::string& data, std::uint32_t kind, std::uint32_t link,
                         std::uint64_t entry) {
    content.resize((content.size() + 7) / 8 * 8, '\0');
    headers += section_header(section_names.size(), kind, header_size + content.size(), data.size(), link, entry);
    section_names += name + '\0';
    content += data;
  };
  for (const auto& [name, data] : sections) place(name, data, SHT_PROGBITS, 0, 0);
  const auto string_table = static_cast<std::uint32_t>(sections.size() + 2);
  place(".symtab", table, SHT_SYMTAB, string_table, symbol_size);
  place(".strtab", names, SHT_STRTAB, 0, 0);
  section_names += ".shstrtab";
  section_names += '\0';
  const std::size_t name_offset = section_names.size() - 10;
  content.resize((content.size() + 7) / 8 * 8, '\0');
  headers += section_header(name_offset, SHT_STRTAB, header_size + content.size(), section_names.size(), 0, 0);
  content += section_names;
  content.resize((content.size() + 7) / 8 * 8 + (word() == 8 ? 0 : 4), '\0');
  return header(header_size + content.size(), sections.size() + 4) + content + headers;
}

FakeModule plain_module() {
  FakeModule module;
  module.modinfo({"license=GPL", "name=plain", "vermagic=6.1.0-0-test SMP preempt mod_unload modversions "});
  return module;
}

}  // namespace kmpack::test
