#include "package/rpm_dependencies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/text.hpp"

namespace kmpack {
namespace {

constexpr bool is_plain(char letter) noexcept {
  return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z');
}

void tidy(std::vector<std::string>& lines) {
  std::ranges::sort(lines);
  lines.erase(std::ranges::unique(lines).begin(), lines.end());
}

std::set<std::string_view> exported_by(std::span<const SealedModule> modules) {
  std::set<std::string_view> names;
  for (const SealedModule& module : modules) {
    for (const ExportedSymbol& symbol : module.facts.exported) names.insert(symbol.name);
  }
  return names;
}

std::string provided_symbol(SymbolWorld world, std::string_view flavor, std::string_view name, std::uint32_t crc) {
  return world == SymbolWorld::suse ? fmt::format("ksym({}:{}) = {:x}", flavor, name, crc)
                                    : fmt::format("ksym({}) = 0x{:08x}", name, crc);
}

std::string needed_symbol(SymbolWorld world, std::string_view flavor, const NeededSymbol& symbol, const Symvers& kernel) {
  const KernelSymbol* const there = kernel.find(symbol.name);
  const bool of_kernel = there != nullptr && there->crc == *symbol.crc;
  if (world == SymbolWorld::redhat && of_kernel) return fmt::format("kernel({}) = 0x{:08x}", symbol.name, *symbol.crc);
  return provided_symbol(world, flavor, symbol.name, *symbol.crc);
}

/// The name of the file without what says how it is packed.
std::string module_file(SymbolWorld world, const SealedModule& module) {
  std::string name = module.file.filename().string();
  if (const std::size_t end = name.rfind(".ko"); end != std::string::npos) name.erase(end + 3);
  return world == SymbolWorld::suse ? replaced(name, "-", "_") : name;
}

/// Signs that a dependency's name could not carry, or that zypp would take for its own.
std::string escaped(std::string_view alias) {
  std::string text;
  for (const char letter : alias) {
    if (is_plain(letter) || letter == '*' || letter == ':') {
      text += letter;
    } else {
      text += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(letter)));
    }
  }
  return text;
}

/// Where two texts of one length differ, when that is one place and both have a letter or digit there.
std::optional<std::size_t> one_difference(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return std::nullopt;
  const auto [at, other] = std::ranges::mismatch(left, right);
  if (at == left.end() || !is_plain(*at) || !is_plain(*other)) return std::nullopt;
  if (!std::ranges::equal(at + 1, left.end(), other + 1, right.end())) return std::nullopt;
  return static_cast<std::size_t>(at - left.begin());
}

/// A place within `%2C` is not a letter of its own.
bool is_escape(std::string_view text, std::size_t at) {
  return (at >= 1 && text[at - 1] == '%') || (at >= 2 && text[at - 2] == '%');
}

}  // namespace

std::vector<std::string> folded_aliases(std::vector<std::string> aliases) {
  tidy(aliases);
  std::vector<std::string> folded;
  for (std::size_t index = 0; index < aliases.size();) {
    const std::string& first = aliases[index];
    std::string variants;
    std::size_t place = 0;
    // Sorted texts that differ in their last place only lie side by side; others stay as they are, which is longer and as right.
    for (++index; index < aliases.size(); ++index) {
      const auto differs = one_difference(first, aliases[index]);
      if (!differs || is_escape(first, *differs) || (!variants.empty() && *differs != place)) break;
      place = *differs;
      if (variants.empty()) variants = first[place];
      variants += aliases[index][place];
    }
    folded.push_back(variants.empty() ? first
                                      : fmt::format("{}[{}]{}", first.substr(0, place), variants, first.substr(place + 1)));
  }
  return folded;
}

std::vector<std::string> symbols_needed_of(SymbolWorld world, std::string_view flavor, std::span<const SealedModule> modules,
                                           std::span<const ModuleFacts> others) {
  std::set<std::pair<std::string_view, std::uint32_t>> offered;
  for (const ModuleFacts& other : others) {
    for (const ExportedSymbol& symbol : other.exported) offered.emplace(symbol.name, symbol.crc.value_or(0));
  }
  const std::set<std::string_view> own = exported_by(modules);
  std::vector<std::string> lines;
  for (const SealedModule& module : modules) {
    for (const NeededSymbol& symbol : module.facts.needed) {
      const std::uint32_t crc = symbol.crc.value_or(0);
      if (crc == 0 || own.contains(symbol.name) || !offered.contains({symbol.name, crc})) continue;
      lines.push_back(provided_symbol(world, flavor, symbol.name, crc));
    }
  }
  tidy(lines);
  return lines;
}

SymbolDependencies symbol_dependencies(SymbolWorld world, std::string_view flavor, std::span<const SealedModule> modules,
                                       const Symvers& kernel) {
  SymbolDependencies found;
  const std::set<std::string_view> own = exported_by(modules);
  for (const SealedModule& module : modules) {
    const ModuleFacts& facts = module.facts;
    for (const NeededSymbol& symbol : facts.needed) {
      const bool comparable = symbol.crc && *symbol.crc != 0 && !own.contains(symbol.name);
      // What is weak may be absent, and then nothing provides it.
      if (!comparable || (symbol.weak && kernel.find(symbol.name) == nullptr)) continue;
      found.needs.push_back(needed_symbol(world, flavor, symbol, kernel));
    }
    for (const ExportedSymbol& symbol : facts.exported) {
      if (symbol.crc && *symbol.crc != 0) found.provides.push_back(provided_symbol(world, flavor, symbol.name, *symbol.crc));
    }
    found.provides.push_back(fmt::format("kmod({})", module_file(world, module)));
    std::vector<std::string> aliases;
    for (const std::string& alias : facts.aliases) {
      // Names of other modules are aliases too; those of hardware have a bus before the colon.
      if (alias.find(':') != std::string::npos) aliases.push_back(escaped(alias));
    }
    for (const std::string& alias : folded_aliases(std::move(aliases))) {
      if (world == SymbolWorld::suse) {
        found.supplements.push_back(fmt::format("modalias(kernel-{}:{})", flavor, alias));
      } else {
        std::string version;
        for (const char letter : facts.version) version += is_plain(letter) || letter == '.' || letter == '_' ? letter : '_';
        const bool usable = !version.empty() && is_plain(version.front());
        found.provides.push_back(usable ? fmt::format("modalias({}) = {}", alias, version) : fmt::format("modalias({})", alias));
      }
    }
  }
  for (auto* lines : {&found.needs, &found.provides, &found.supplements}) tidy(*lines);
  return found;
}

}  // namespace kmpack
