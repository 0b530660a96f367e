#include "inspect/symbol_rules.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "inspect/module_names.hpp"

namespace kmpack::detail {
namespace {

bool is_gpl_compatible(std::string_view license) {
  static constexpr std::array<std::string_view, 6> kCompatible{"GPL",          "GPL v2",       "GPL and additional rights",
                                                               "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"};
  return std::ranges::find(kCompatible, license) != kCompatible.end();
}

/// EXPORT_SYMBOL_GPL_FOR_MODULES puts "module:a,b*" where a namespace stands, since Linux 6.16.
bool namespace_names_module(std::string_view symbol_namespace, const std::string& module) {
  static constexpr std::string_view kPrefix = "module:";
  if (!symbol_namespace.starts_with(kPrefix)) return false;
  const std::vector<std::string_view> patterns = split(symbol_namespace.substr(kPrefix.size()), ',');
  return std::ranges::any_of(patterns, [&](std::string_view pattern) {
    return glob_matches(kernel_spelling(trimmed(pattern)), kernel_spelling(module));
  });
}

}  // namespace

Provider provider_of(const KernelSymbol& symbol) noexcept {
  return {.by = symbol.module,
          .package = {},
          .crc = symbol.crc == 0 ? std::nullopt : std::optional(symbol.crc),
          .symbol_namespace = symbol.symbol_namespace,
          .gpl_only = symbol.gpl_only};
}

Provider provider_of(const ModuleFacts& module, const ExportedSymbol& symbol) noexcept {
  return {.by = module.name.str(),
          .package = {},
          .crc = symbol.crc,
          .symbol_namespace = symbol.symbol_namespace,
          .gpl_only = symbol.gpl_only};
}

bool crc_agrees(const NeededSymbol& symbol, const Provider& provider) noexcept {
  return symbol.crc.value_or(0) == provider.crc.value_or(0);
}

bool licence_permits(const ModuleFacts& module, const Provider& provider) noexcept {
  return !provider.gpl_only || is_gpl_compatible(module.license);
}

bool namespace_imported(const ModuleFacts& module, const Provider& provider) {
  return provider.symbol_namespace.empty() ||
         std::ranges::find(module.import_namespaces, provider.symbol_namespace) != module.import_namespaces.end() ||
         namespace_names_module(provider.symbol_namespace, module.name.str());
}

bool tolerates_missing_namespace(const KernelConfig& config) { return is_set(config, kMissingNamespace); }

bool is_set(const KernelConfig& config, std::string_view option) {
  const auto found = config.options.find(std::string(option));
  return found != config.options.end() && found->second == "y";
}

}  // namespace kmpack::detail
