#include "inspect/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inspect/in_tree.hpp"
#include "inspect/module_names.hpp"
#include "inspect/symbol_rules.hpp"
#include "inspect/symvers.hpp"
#include "kmpack/architecture.hpp"

namespace kmpack {
namespace {

// A module built for quite another kernel violates hundreds of symbols; the first ones tell all there is to know.
constexpr std::size_t kMostSymbolsTold = 12;

using detail::Provider;

struct Question {
  const ModuleFacts& module;
  const HeaderTree& headers;
  const Symvers& kernel_symbols;
  const std::multimap<std::string_view, Provider>& package_symbols;
  std::string kernel;
};

void add_exports(std::multimap<std::string_view, Provider>& exports, std::span<const ModuleFacts> modules,
                 std::string_view package) {
  for (const ModuleFacts& module : modules)
    for (const ExportedSymbol& symbol : module.exported) {
      Provider provider = detail::provider_of(module, symbol);
      provider.package = package;
      exports.emplace(symbol.name, provider);
    }
}

/// The package's own first: such is the order in which they are told.
std::multimap<std::string_view, Provider> exports_of(std::span<const ModuleFacts> modules,
                                                     std::span<const BuiltDependency> dependencies) {
  std::multimap<std::string_view, Provider> exports;
  add_exports(exports, modules, {});
  for (const BuiltDependency& dependency : dependencies)
    add_exports(exports, dependency.modules, dependency.cell.manifest->name.str());
  return exports;
}

std::string named(const Provider& provider) {
  return provider.package.empty() ? std::string(provider.by)
                                  : fmt::format("module {} of package {}", provider.by, provider.package);
}

std::vector<Provider> providers_of(const Question& question, const std::string& symbol) {
  std::vector<Provider> providers;
  const auto [begin, end] = question.package_symbols.equal_range(symbol);
  for (auto entry = begin; entry != end; ++entry)
    if (!entry->second.package.empty() || entry->second.by != question.module.name.str()) providers.push_back(entry->second);
  if (const KernelSymbol* found = question.kernel_symbols.find(symbol)) providers.push_back(detail::provider_of(*found));
  return providers;
}

std::optional<Diagnostic> check_crc(const Question& question, const NeededSymbol& symbol, const Provider& provider) {
  if (!question.headers.config.modversions || detail::crc_agrees(symbol, provider)) return std::nullopt;
  const std::string& module = question.module.name.str();
  if (!symbol.crc)
    return Diagnostic{
        .code = "symbol-crc-missing",
        .message =
            fmt::format("module {} needs symbol {} and records no CRC for it, but kernel {} compares CRCs (CONFIG_MODVERSIONS)",
                        module, symbol.name, question.kernel),
        .notes = {fmt::format("{} exports it with CRC 0x{:08x}", named(provider), provider.crc.value_or(0))},
        .hint = provider.package.empty() ? "let kbuild see the exporting module's Module.symvers: name that module in uses"
                                         : "let the build read the Module.symvers that it is given in KBUILD_EXTRA_SYMBOLS"};
  const std::string has = provider.package.empty() ? question.kernel : named(provider);
  return Diagnostic{
      .code = "symbol-crc-differs",
      .message = fmt::format("module {} needs symbol {} with CRC 0x{:08x}, but {} has {}", module, symbol.name, *symbol.crc, has,
                             provider.crc ? fmt::format("0x{:08x}", *provider.crc) : std::string("none")),
      .notes = {fmt::format("the symbol comes from {}", named(provider))},
      .hint = provider.package.empty()
                  ? "build the module against the headers of exactly this kernel"
                  : "take another Module.symvers of that package out of the source: kmpack hands on that of the same run"};
}

std::optional<Diagnostic> check_namespace(const Question& question, const NeededSymbol& symbol, const Provider& provider) {
  const ModuleFacts& module = question.module;
  if (detail::namespace_imported(module, provider)) return std::nullopt;
  const bool tolerated = detail::tolerates_missing_namespace(question.headers.config);
  return Diagnostic{.severity = tolerated ? Severity::warning : Severity::error,
                    .code = "symbol-namespace",
                    .message = fmt::format("module {} uses symbol {} of namespace {} of kernel {} without importing it",
                                           module.name.str(), symbol.name, provider.symbol_namespace, question.kernel),
                    .hint = fmt::format("add MODULE_IMPORT_NS({}) to the module", provider.symbol_namespace)};
}

std::optional<Diagnostic> check_licence(const Question& question, const NeededSymbol& symbol, const Provider& provider) {
  const ModuleFacts& module = question.module;
  if (detail::licence_permits(module, provider)) return std::nullopt;
  return Diagnostic{
      .code = "symbol-gpl-only",
      .message = fmt::format("module {} has licence '{}' and uses symbol {}, which kernel {} gives to GPL modules only",
                             module.name.str(), module.license, symbol.name, question.kernel),
      .hint = "state the module's true licence with MODULE_LICENSE, or do without the symbol"};
}

std::optional<Diagnostic> check_symbol(const Question& question, const NeededSymbol& symbol) {
  const std::vector<Provider> providers = providers_of(question, symbol.name);
  if (providers.empty()) {
    if (symbol.weak) return std::nullopt;
    return Diagnostic{
        .code = "symbol-unresolved",
        .message = fmt::format("module {} needs symbol {}, which neither kernel {} nor a module of this package exports",
                               question.module.name.str(), symbol.name, question.kernel),
        .hint =
            "add the module that exports it to the package, name the package that has it in <build-depends>, or exclude this "
            "kernel with a reason"};
  }
  std::optional<Diagnostic> first;
  for (const Provider& provider : providers) {
    std::optional<Diagnostic> problem = check_crc(question, symbol, provider);
    if (!problem) problem = check_licence(question, symbol, provider);
    if (!problem) problem = check_namespace(question, symbol, provider);
    if (!problem) return std::nullopt;
    if (!first) first = std::move(problem);
  }
  return first;
}

void check_symbols(const Question& question, Diagnostics& problems) {
  std::vector<Diagnostic> found;
  for (const NeededSymbol& symbol : question.module.needed)
    if (auto problem = check_symbol(question, symbol)) found.push_back(*std::move(problem));
  // Errors first: what is cut off must not hide the reason for a refusal.
  std::ranges::stable_partition(found, [](const Diagnostic& problem) { return problem.severity == Severity::error; });
  if (found.size() > kMostSymbolsTold) {
    const std::size_t more = found.size() - kMostSymbolsTold;
    found.resize(kMostSymbolsTold);
    found.back().notes.push_back(fmt::format("and {} more symbols of this module", more));
  }
  for (Diagnostic& problem : found) problems.report(std::move(problem));
}

void check_identity(const Question& question, Diagnostics& problems) {
  const ModuleFacts& module = question.module;
  const Kernel& kernel = question.headers.kernel;
  if (module.release() != kernel.release)
    problems.report({.code = "module-wrong-kernel",
                     .message = fmt::format("module {} was built for kernel release {}, not for {}", module.name.str(),
                                            module.release().str(), question.kernel),
                     .hint = "remove what an earlier build left in the sources, and build again"});
  const Architecture* architecture = find_architecture(kernel.flavor.arch);
  if (architecture == nullptr || architecture->elf_machine != module.elf_machine)
    problems.report({.code = "module-wrong-architecture",
                     .message = fmt::format("module {} is for ELF machine {}, but kernel {} is {}", module.name.str(),
                                            module.elf_machine, question.kernel,
                                            architecture == nullptr
                                                ? "of an unknown architecture '" + kernel.flavor.arch + "'"
                                                : fmt::format("for {} ({})", architecture->elf_machine, kernel.flavor.arch)),
                     .hint = "check ARCH and CROSS_COMPILE of the build"});
}

void check_names(std::span<const ModuleFacts> modules, Diagnostics& problems) {
  std::map<std::string, const ModuleFacts*> seen;
  for (const ModuleFacts& module : modules) {
    const auto [place, fresh] = seen.emplace(detail::kernel_spelling(module.name.str()), &module);
    if (fresh) continue;
    problems.report({.code = "module-duplicate-built",
                     .message = fmt::format("the package has two modules named {}", place->first),
                     .notes = {"one is " + place->second->file.string(), "the other is " + module.file.string()},
                     .hint = "a kernel holds one module of a name ('-' and '_' are the same); rename or drop one"});
  }
}

/// Of two modules of this package the later one is told of.
const Provider* other_exporter(const ModuleFacts& module, const ExportedSymbol& symbol,
                               const std::multimap<std::string_view, Provider>& package_symbols) {
  const auto [begin, end] = package_symbols.equal_range(symbol.name);
  if (begin->second.by != module.name.str()) return &begin->second;
  const auto foreign = std::find_if(begin, end, [](const auto& entry) { return !entry.second.package.empty(); });
  return foreign == end ? nullptr : &foreign->second;
}

/// The loader refuses a module whose export somebody who is there has already; vmlinux always is.
void check_exports(std::span<const ModuleFacts> modules, const HeaderTree& headers, const Symvers& kernel_symbols,
                   const std::multimap<std::string_view, Provider>& package_symbols, Diagnostics& problems) {
  for (const ModuleFacts& module : modules)
    for (const ExportedSymbol& symbol : module.exported) {
      const KernelSymbol* kernel = kernel_symbols.find(symbol.name);
      const bool in_vmlinux = kernel != nullptr && kernel->module == "vmlinux";
      const Provider* const other = other_exporter(module, symbol, package_symbols);
      if (!in_vmlinux && other == nullptr) continue;
      problems.report(
          {.severity = in_vmlinux ? Severity::error : Severity::warning,
           .code = "symbol-exported-twice",
           .message = fmt::format(
               "module {} exports symbol {}, which {} exports too", module.name.str(), symbol.name,
               in_vmlinux ? fmt::format("kernel {} itself", headers.kernel.id())
                          : fmt::format("module {} of {}", other->by,
                                        other->package.empty() ? "this package" : "package " + std::string(other->package))),
           .hint = in_vmlinux ? "rename the symbol, or do not export it" : "such modules cannot be loaded together"});
    }
}

void warn_of_in_tree(std::span<const ModuleFacts> modules, const HeaderTree& headers, const Symvers& kernel_symbols,
                     Diagnostics& problems) {
  const std::set<std::string> listed = detail::modules_listed(headers.tree);
  const std::string directory = headers.kernel.rules.directory;
  const bool updates = std::filesystem::path(directory).begin()->string() == "updates";
  for (const ModuleFacts& module : modules) {
    const std::string name = detail::kernel_spelling(module.name.str());
    if (!listed.contains(name) && !kernel_symbols.has_module(name)) continue;
    problems.report(
        {.severity = Severity::warning,
         .code = "module-in-tree",
         .message = fmt::format("kernel {} has a module {} of its own", headers.kernel.id(), name),
         .notes = {updates ? std::string("the packaged one wins: depmod searches updates/ before kernel/")
                           : fmt::format("{} does not outrank kernel/ by itself: depmod needs an override line for the module",
                                         directory)}});
  }
}

}  // namespace

Diagnostics check_modules(std::span<const ModuleFacts> package_modules, const HeaderTree& headers, const Symvers& kernel_symbols,
                          std::span<const BuiltDependency> dependencies) {
  Diagnostics problems;
  const auto package_symbols = exports_of(package_modules, dependencies);
  for (const ModuleFacts& module : package_modules) {
    const Question question{.module = module,
                            .headers = headers,
                            .kernel_symbols = kernel_symbols,
                            .package_symbols = package_symbols,
                            .kernel = headers.kernel.id()};
    check_identity(question, problems);
    check_symbols(question, problems);
  }
  check_names(package_modules, problems);
  check_exports(package_modules, headers, kernel_symbols, package_symbols, problems);
  warn_of_in_tree(package_modules, headers, kernel_symbols, problems);
  return problems;
}

}  // namespace kmpack
