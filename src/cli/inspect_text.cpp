#include "cli/inspect_text.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/console.hpp"
#include "cli/words_of.hpp"

namespace kmpack {
namespace {

/// Lines of `name: value`; what is empty is left out.
class Lines {
 public:
  explicit Lines(const std::filesystem::path& file) { add("file", file.string()); }
  Lines& add(std::string_view name, std::string_view value) {
    if (!value.empty()) text_ += fmt::format("{:<12} {}\n", fmt::format("{}:", name), printable(value));
    return *this;
  }
  Lines& add(std::string_view name, const std::vector<std::string>& values) {
    for (const auto& value : values) add(name, value);
    return *this;
  }
  /// A script, indented as it is.
  Lines& add_script(const std::string& name, std::string_view script) {
    if (script.empty()) return *this;
    text_ += name + ":\n";
    for (const auto line : split(trimmed(script), '\n')) text_ += "  " + printable(line) + "\n";
    return *this;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string crc_text(const std::optional<std::uint32_t>& crc) { return crc ? fmt::format("0x{:08x}", *crc) : "-"; }

std::string needed_text(const NeededSymbol& symbol) {
  return fmt::format("{}  {}{}", crc_text(symbol.crc), symbol.name, symbol.weak ? "  (weak)" : "");
}

std::string exported_text(const ExportedSymbol& symbol) {
  std::string text = crc_text(symbol.crc) + "  " + symbol.name;
  if (symbol.gpl_only) text += "  (GPL only)";
  if (!symbol.symbol_namespace.empty()) text += "  (namespace " + symbol.symbol_namespace + ")";
  return text;
}

std::vector<std::string> texts_of(const std::vector<RpmRelation>& relations) {
  std::vector<std::string> texts;
  for (const auto& relation : relations) texts.push_back(relation.text());
  return texts;
}

std::string file_text(std::string_view path, unsigned mode, const std::string& link) {
  return fmt::format("{:04o}  {}{}", mode & 07777U, path, link.empty() ? "" : " -> " + link);
}

}  // namespace

std::string inspect_text(const std::filesystem::path& file, const ModuleFacts& facts) {
  Lines lines(file);
  lines.add("module", facts.name.str())
      .add("vermagic", facts.vermagic)
      .add("license", facts.license)
      .add("version", facts.version)
      .add("srcversion", facts.srcversion)
      .add("description", facts.description)
      .add("compression", word_of(facts.compression))
      .add("depends", facts.depends)
      .add("softdep", facts.softdeps)
      .add("firmware", facts.firmware)
      .add("alias", facts.aliases)
      .add("parameter", facts.parameters)
      .add("namespace", facts.import_namespaces)
      .add("btf", facts.has_btf ? "yes" : "no");
  if (facts.signature) {
    lines.add("signer", facts.signature->signer)
        .add("sig key", facts.signature->key_serial)
        .add("sig hash", facts.signature->hash);
  } else {
    lines.add("signer", "UNSIGNED");
  }
  for (const auto& symbol : facts.exported) lines.add("exports", exported_text(symbol));
  for (const auto& symbol : facts.needed) lines.add("needs", needed_text(symbol));
  return lines.text();
}

std::string inspect_text(const std::filesystem::path& file, const DebPackage& package) {
  Lines lines(file);
  for (const auto& [name, value] : package.control.fields) lines.add(name, replaced(value, "\n", " "));
  lines.add("conffile", package.conffiles);
  for (const auto& entry : package.files) lines.add("content", file_text(entry.path, entry.mode, entry.link));
  for (const auto& [phase, text] : package.scripts) lines.add_script(phase, text);
  return lines.text();
}

std::string inspect_text(const std::filesystem::path& file, const RpmHeader& header) {
  Lines lines(file);
  lines.add("name", header.name)
      .add("epoch", header.epoch)
      .add("version", header.version + "-" + header.release)
      .add("arch", header.arch)
      .add("summary", header.summary)
      .add("license", header.license)
      .add("requires", texts_of(header.requires_))
      .add("provides", texts_of(header.provides))
      .add("conflicts", texts_of(header.conflicts))
      .add("obsoletes", texts_of(header.obsoletes))
      .add("recommends", texts_of(header.recommends));
  for (const auto& entry : header.files) lines.add("content", file_text(entry.path, entry.mode, entry.link));
  for (const auto& script : header.scripts) lines.add_script(script.phase, script.text);
  return lines.text();
}

}  // namespace kmpack
