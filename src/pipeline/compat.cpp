#include "pipeline/compat.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "flavors/select.hpp"
#include "headers/config.hpp"
#include "headers/find.hpp"
#include "headers/store_layout.hpp"
#include "headers/symvers_file.hpp"
#include "inspect/facts.hpp"
#include "kmpack/architecture.hpp"
#include "pipeline/choice.hpp"
#include "pipeline/compat_modules.hpp"
#include "sys/files.hpp"
#include "sys/pool.hpp"
#include "verify/in_tree.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// A kernel with what is known of it, or with why nothing is.
struct Candidate {
  AskedKernel asked;
  std::optional<Kernel> kernel;  ///< its headers are on this disk
  fs::path symvers;
  LoadingKernel loading;
  std::vector<Diagnostic> problems;  ///< found while it was read
};

Candidate candidate_of(const Kernel& kernel, const HeaderSources& sources) {
  Candidate candidate{.asked = {.name = kernel.id(), .release = kernel.release.str(), .unknown = {}},
                      .kernel = kernel,
                      .symvers = {},
                      .loading = {},
                      .problems = {}};
  Kernel& here = *candidate.kernel;
  if (here.tree.empty() && !place_in_store(sources.cache, here)) {
    candidate.asked.unknown = fmt::format("its headers are not on this disk: kmpack flavors fetch '{}'", kernel.id());
    candidate.kernel.reset();
    return candidate;
  }
  if (here.root.empty()) here.root = "/";
  if (const auto symvers = packed_symvers(here.tree, here.root, here.release)) {
    candidate.symvers = *symvers;
  } else {
    candidate.asked.unknown = fmt::format("there is no Module.symvers in {}", here.tree.string());
    candidate.kernel.reset();
  }
  return candidate;
}

std::set<std::string_view> machines_of(const std::vector<AskedModule>& modules) {
  std::set<std::string_view> machines;
  for (const AskedModule& module : modules)
    for (const char* name : {"amd64", "arm64", "i386", "armhf", "ppc64el", "s390x", "riscv64"})
      if (const Architecture* arch = find_architecture(name); arch != nullptr && arch->elf_machine == module.facts.elf_machine)
        machines.insert(arch->machine);
  return machines;
}

/// Those that patterns mean, first among the kernels on this disk: to ask APT what it has stored takes longer than all the rest.
Kernels kernels_of(const Request& request, const Inputs& inputs, Context& context, Diagnostics& problems) {
  Kernels chosen;
  for (const Metadata metadata : {Metadata::none, Metadata::stored}) {
    Diagnostics found;
    const HeaderSources sources = header_sources(request, metadata);
    const Errands errands{context.runner, context.stop, {}};
    const Kernels available = available_kernels(request, inputs, sources, errands, found);
    if (found.ok()) chosen = select_kernels(inputs.flavors, inputs.catalogues, available, found);
    if (found.ok() || metadata == Metadata::stored) {
      problems.append(std::move(found));
      break;
    }
  }
  return chosen;
}

Kernels kernels_here(const Request& request, const Inputs& inputs, const std::vector<AskedModule>& modules, Context& context,
                     Diagnostics& problems) {
  const HeaderSources sources = header_sources(request, Metadata::none);
  const Errands errands{context.runner, context.stop, {}};
  Kernels available = available_kernels(request, inputs, sources, errands, problems);
  const std::set<std::string_view> machines = machines_of(modules);
  std::erase_if(available, [&](const std::shared_ptr<const Kernel>& kernel) {
    if (!request.places.headers.empty()) return kernel->origin != HeadersOrigin::given;
    const Architecture* const arch = find_architecture(kernel->flavor.arch);
    return arch == nullptr || !machines.contains(arch->machine);
  });
  std::ranges::stable_sort(available, [](const auto& left, const auto& right) {
    return left->flavor == right->flavor ? older(*left, *right) : left->flavor < right->flavor;
  });
  return available;
}

std::vector<Candidate> candidates_of(const CompatQuestion& question, const Request& request,
                                     const std::vector<AskedModule>& modules, Context& context, Diagnostics& problems) {
  std::vector<Candidate> candidates;
  for (const fs::path& symvers : question.symvers)
    candidates.push_back({.asked = {.name = symvers.string(), .release = {}, .unknown = {}},
                          .kernel = {},
                          .symvers = symvers,
                          .loading = {},
                          .problems = {}});
  if (!candidates.empty() && question.kernels.empty() && request.places.headers.empty()) return candidates;
  Request wanted = request;
  wanted.manifests.clear();
  wanted.flavors = question.kernels;
  const Inputs inputs = read_inputs(wanted, Manifests::optional, context, problems);
  if (!problems.ok()) return candidates;
  const Kernels kernels = inputs.flavors.empty() ? kernels_here(wanted, inputs, modules, context, problems)
                                                 : kernels_of(wanted, inputs, context, problems);
  const HeaderSources sources = header_sources(wanted, Metadata::none);
  for (const auto& kernel : kernels) candidates.push_back(candidate_of(*kernel, sources));
  if (candidates.empty() && problems.ok())
    problems.report({.code = "kernel-absent",
                     .message = "no kernel for these modules' machine is on this disk",
                     .hint = "kmpack flavors fetch PATTERN brings headers; or give --headers DIR or --symvers FILE"});
  return candidates;
}

SymbolNames names_of(const std::vector<AskedModule>& modules) {
  SymbolNames names;
  for (const AskedModule& module : modules) {
    for (const NeededSymbol& symbol : module.facts.needed) names.insert(symbol.name);
    for (const ExportedSymbol& symbol : module.facts.exported) names.insert(symbol.name);
  }
  return names;
}

/// The first module below a directory; they all have the same size of struct module.
std::optional<fs::path> any_module(const fs::path& directory) {
  std::error_code unseen;
  for (fs::recursive_directory_iterator entry(directory, unseen), end; !unseen && entry != end; entry.increment(unseen))
    if (is_module_file(entry->path().filename().string()) && entry->is_regular_file(unseen)) return entry->path();
  return std::nullopt;
}

/// The size of struct module in those that are asked about and were built for this kernel, when they are of one mind.
std::optional<std::uint64_t> size_agreed_on(const LoadingKernel& loading, const std::vector<AskedModule>& modules) {
  std::optional<std::uint64_t> size;
  for (const AskedModule& module : modules) {
    const std::uint64_t has = module.facts.struct_module_size;
    if (has == 0 || module.facts.release() != loading.release || module.facts.elf_machine != loading.elf_machine) continue;
    if (size && *size != has) return std::nullopt;
    size = has;
  }
  return size;
}

/// The kernel's own modules say what its headers may not: those installed, and those of its package where that is unpacked. What
/// is asked about says the size of struct module where they do not, and never the vermagic: it would be held against itself.
void learn_from_modules(LoadingKernel& loading, const std::vector<AskedModule>& modules, const Kernel& kernel,
                        const fs::path& cache) {
  const auto known = [&] {
    return !loading.vermagic.empty() && (loading.struct_module_size || !compares_struct_module(kernel.release));
  };
  if (known()) return;
  std::vector<fs::path> roots{"/"};
  for (const ArchivePackage& package : kernel.packages)
    if (package.role == ArchiveRole::image) roots.push_back(package_directory(cache, package));
  for (const fs::path& root : roots) {
    if (known()) return;
    const auto file = any_module(root / "lib/modules" / kernel.release.str() / "kernel");
    if (!file) continue;
    const ModuleFacts facts = read_module_facts(*file);
    if (facts.release() != kernel.release || facts.elf_machine != loading.elf_machine) continue;
    if (loading.vermagic.empty()) loading.vermagic = facts.vermagic;
    if (!loading.struct_module_size && facts.struct_module_size != 0) loading.struct_module_size = facts.struct_module_size;
  }
  if (!loading.struct_module_size) loading.struct_module_size = size_agreed_on(loading, modules);
}

void load(Candidate& candidate, const SymbolNames& names, const std::vector<AskedModule>& modules, const fs::path& cache) {
  Symvers symbols = Symvers::read_some(candidate.symvers, names);
  if (symbols.all().empty() && Symvers::read(candidate.symvers).all().empty())
    candidate.problems.push_back({.severity = Severity::warning,
                                  .code = "symvers-empty",
                                  .message = "the list of the kernel's symbols is empty",
                                  .where = SourceSpan{candidate.symvers},
                                  .notes = {},
                                  .hint = "kernels without a symbol for modules are rare: was the file cut short?"});
  if (!candidate.kernel) {
    candidate.loading.name = candidate.asked.name;
    candidate.loading.symbols = std::move(symbols);
    return;
  }
  const Kernel& kernel = *candidate.kernel;
  HeaderTree headers{.kernel = kernel};
  headers.tree = kernel.tree;
  headers.root = kernel.root;
  headers.symvers = candidate.symvers;
  headers.config = read_kernel_config(kernel.tree, deciding_options(headers));
  candidate.loading = loading_kernel(std::move(headers), std::move(symbols));
  learn_from_modules(candidate.loading, modules, kernel, cache);
}

bool reads_as_name(std::string_view word) {
  static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.0123456789";
  return !word.empty() && word.find_first_not_of(kLetters) == std::string_view::npos && (word[0] < '0' || word[0] > '9');
}

/// Source: facts redhat.md section 1.6.
std::set<std::string, std::less<>> listed_symbols(const std::vector<fs::path>& lists) {
  std::set<std::string, std::less<>> names;
  for (const fs::path& list : lists) {
    const std::string text = read_file(list);
    bool has_names = false;
    for (const std::string_view line : split(text, '\n')) {
      const std::string_view entry = trimmed(line);
      if (entry.empty() || entry.starts_with('#') || entry.starts_with('[')) continue;
      const std::vector<std::string_view> columns = split(entry, '\t');
      const std::string_view name = trimmed(entry.starts_with("0x") && columns.size() > 1 ? columns[1] : columns[0]);
      if (!reads_as_name(name)) continue;
      has_names = true;
      names.emplace(name);
    }
    if (!has_names)
      throw Error({.code = "stablelist-malformed",
                   .message = "no line of the stable list reads as the name of a symbol",
                   .where = SourceSpan{list},
                   .notes = {},
                   .hint = "--stablelist reads Red Hat's kabi_stablelist_ARCH and Module.kabi_ARCH, unpacked"});
  }
  return names;
}

using Companions = std::map<std::string, CompanionSymbols>;

Companions companions_of(const std::vector<AskedModule>& modules) {
  std::map<std::string, std::vector<const ModuleFacts*>> by_release;
  for (const AskedModule& module : modules) by_release[module.facts.vermagic].push_back(&module.facts);
  Companions companions;
  for (const auto& [vermagic, together] : by_release) companions.emplace(vermagic, CompanionSymbols(together));
  return companions;
}

void compare_with_lists(const CompatQuestion& question, const Companions& companions, std::vector<AskedModule>& modules) {
  if (question.stablelists.empty()) return;
  const auto listed = listed_symbols(question.stablelists);
  for (AskedModule& module : modules) {
    const CompanionSymbols& beside = companions.at(module.facts.vermagic);
    for (const NeededSymbol& symbol : module.facts.needed)
      if (!listed.contains(symbol.name) && beside.of(symbol.name).empty()) module.unlisted.push_back(symbol.name);
  }
}

}  // namespace

CompatReport compat(const CompatQuestion& question, const Request& request, Context& context) {
  CompatReport report;
  const unsigned width = request.jobs != 0 ? request.jobs : std::max(1U, std::thread::hardware_concurrency());
  // What is asked about, read once.
  std::optional<Certificate> certificate;
  if (question.certificate) certificate = Certificate::load(*question.certificate);
  report.modules = asked_modules(question.files, request.places.workspace, certificate, width, context.stop, report.problems);
  // What could not be read does not keep the rest from its answers.
  if (report.modules.empty()) return report;
  // Where it may be loaded.
  Diagnostics unfound;
  std::vector<Candidate> candidates = candidates_of(question, request, report.modules, context, unfound);
  const bool found = unfound.ok();
  report.problems.append(std::move(unfound));
  if (!found) return report;
  const SymbolNames names = names_of(report.modules);
  const Companions companions = companions_of(report.modules);
  compare_with_lists(question, companions, report.modules);
  // Each kernel by itself: its symbols are read, then every module is held against them.
  const std::size_t count = candidates.size();
  report.answers.resize(report.modules.size() * count);
  report.kernel_modules.resize(report.answers.size());
  const fs::path cache = cache_directory(request.places);
  run_jobs(count, width, context.stop, [&](std::size_t index) {
    Candidate& candidate = candidates[index];
    if (!candidate.asked.unknown.empty()) return;
    try {
      load(candidate, names, report.modules, cache);
      for (std::size_t at = 0; at < report.modules.size(); ++at) {
        const AskedModule& module = report.modules[at];
        report.answers[at * count + index] =
            would_load(module.facts, companions.at(module.facts.vermagic), candidate.loading, module.trust);
        report.kernel_modules[at * count + index] = kernel_modules_needed(module.facts, candidate.loading);
      }
      candidate.loading = {};
    } catch (const Error& error) {
      candidate.asked.unknown = error.diagnostic().message;
      candidate.problems.push_back(error.diagnostic());
    }
  });
  if (context.stop.stop_requested()) throw Cancelled{};
  for (Candidate& candidate : candidates) {
    for (Diagnostic& problem : candidate.problems) report.problems.report(std::move(problem));
    report.kernels.push_back(std::move(candidate.asked));
  }
  return report;
}

}  // namespace kmpack
