#include "inspect/loads_elsewhere.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "inspect/symvers.hpp"

namespace kmpack {
namespace {

bool may_stay_open(const CompatAnswer& answer) {
  return std::ranges::all_of(answer.conditions,
                             [](std::string_view rule) { return rule == "struct-module-size" || rule == "signature"; });
}

}  // namespace

LoadsElsewhere loads_elsewhere(std::span<const ModuleFacts> modules, const LoadingKernel& kernel) {
  if (!kernel.config || !kernel.config->modversions) return {.reason = "the kernel compares no CRCs of symbols"};
  std::set<std::string_view> symbols;
  std::set<std::string> conditions;
  for (const ModuleFacts& module : modules) {
    const CompatAnswer answer = would_load(module, modules, kernel);
    if (answer.loads == Loads::no) return {.reason = answer.reason};
    if (answer.loads == Loads::conditionally && !may_stay_open(answer)) return {.reason = "it loads only if " + answer.reason};
    if (answer.loads == Loads::conditionally) conditions.insert(answer.reason);
    for (const NeededSymbol& symbol : module.needed) {
      if (!symbol.crc && !symbol.weak) return {.reason = fmt::format("symbol {} has no CRC", symbol.name)};
      if (symbol.crc) symbols.insert(symbol.name);
    }
  }
  std::string reason = fmt::format("all {} symbols have the same CRCs", symbols.size());
  for (const std::string& condition : conditions) reason += ", if " + condition;
  return {.loads = true, .reason = std::move(reason)};
}

LoadsElsewhere loads_elsewhere(std::span<const ModuleFacts> modules, const HeaderTree& headers) {
  SymbolNames wanted;
  wanted.insert("module_layout");
  for (const ModuleFacts& module : modules) {
    for (const NeededSymbol& symbol : module.needed) wanted.insert(symbol.name);
    for (const ExportedSymbol& symbol : module.exported) wanted.insert(symbol.name);
  }
  return loads_elsewhere(modules, loading_kernel(headers, Symvers::read_some(headers.symvers, wanted)));
}

}  // namespace kmpack
