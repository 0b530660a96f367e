#include "package/dependencies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "package/deb_names.hpp"
#include "package/model_parts.hpp"
#include "package/rpm_dependencies.hpp"
#include "wrap/digest.hpp"

namespace kmpack {
namespace {

/// Ten hexadecimal digits: among the builds of one package for one kernel nobody meets the same twice.
constexpr std::size_t kAbiDigits = 10;

std::vector<const ModuleFacts*> all_of(const BuiltDependency& dependency) {
  std::vector<const ModuleFacts*> modules;
  for (const ModuleFacts& module : dependency.modules) modules.push_back(&module);
  return modules;
}

void need_name_and_abi(PackageModel& model, const std::string& name, const BuiltDependency& dependency) {
  model.needs.push_back(plain_relation(name));
  if (auto abi = abi_name(name, all_of(dependency))) model.needs.push_back(plain_relation(*std::move(abi)));
}

bool is_needed(const PackageModel& model, const std::string& line) {
  return std::ranges::find(model.needs, line, &Relation::verbatim) != model.needs.end();
}

void need_symbols(PackageModel& model, const RpmCell& rpm, const BuiltDependency& dependency) {
  const SymbolWorld world = rpm.rules().style == RpmStyle::kmp ? SymbolWorld::suse : SymbolWorld::redhat;
  for (std::string& line : symbols_needed_of(world, rpm.kernel().flavor.flavor, rpm.modules, dependency.modules)) {
    if (!is_needed(model, line)) model.needs.push_back(verbatim_relation(std::move(line)));
  }
}

}  // namespace

std::optional<std::string> abi_name(const std::string& package, std::span<const ModuleFacts* const> modules) {
  std::set<std::string> lines;
  for (const ModuleFacts* module : modules) {
    for (const ExportedSymbol& symbol : module->exported) {
      lines.insert(fmt::format("{} {:08x}\n", symbol.name, symbol.crc.value_or(0)));
    }
  }
  if (lines.empty()) return std::nullopt;
  std::string text;
  for (const std::string& line : lines) text += line;
  return fmt::format("{}-abi-{}", package, sha256_of(text).substr(0, kAbiDigits));
}

void provide_abi(PackageModel& model, std::span<const SealedModule> modules) {
  std::vector<const ModuleFacts*> facts;
  for (const SealedModule& module : modules) facts.push_back(&module.facts);
  if (auto abi = abi_name(model.name, facts)) model.provides.push_back(plain_relation(*std::move(abi)));
}

void need_deb_dependencies(PackageModel& modules, std::span<const BuiltDependency> dependencies) {
  for (const BuiltDependency& dependency : dependencies) {
    need_name_and_abi(modules, deb_modules_name(dependency.cell), dependency);
  }
}

void need_deb_metas(PackageModel& meta, std::span<const BuiltDependency> dependencies) {
  for (const BuiltDependency& dependency : dependencies) {
    if (dependency.cell.newest_of_series) meta.needs.push_back(plain_relation(deb_meta_name(dependency.cell)));
  }
}

void need_rpm_dependencies(PackageModel& modules, const RpmCell& rpm, std::span<const BuiltDependency> dependencies) {
  for (const BuiltDependency& dependency : dependencies) {
    const std::string name = rpm_modules_name(dependency.cell);
    if (rpm.rules().style == RpmStyle::plain) {
      need_name_and_abi(modules, name, dependency);
      continue;
    }
    modules.needs.push_back(plain_relation(name));
    const RpmCell other{.cell = dependency.cell, .headers = rpm.headers, .modules = {}};
    if (!follows_symbols(other) && rpm.rules().style != RpmStyle::fedora) {
      modules.needs.push_back(plain_relation(one_build_name(other)));
    }
    need_symbols(modules, rpm, dependency);
  }
}

void need_fedora_metas(PackageModel& meta, std::span<const BuiltDependency> dependencies) {
  for (const BuiltDependency& dependency : dependencies) {
    if (dependency.cell.newest_of_series) meta.needs.push_back(plain_relation(fedora_meta_name(dependency.cell)));
  }
}

}  // namespace kmpack
