#include "inspect/compat.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "inspect/module_names.hpp"
#include "inspect/symbol_rules.hpp"

namespace kmpack {
namespace {

using detail::Provider;

constexpr std::string_view kLayout = "module_layout";

struct Question {
  const ModuleFacts& module;
  const CompanionSymbols& companions;
  const LoadingKernel& kernel;
  Trust trust;
  bool has_crcs;      ///< the module has __versions
  bool modversions;   ///< the kernel compares CRCs
  bool same_release;  ///< the module was built for this kernel
};

CompatAnswer refusal(std::string_view rule, std::string reason) {
  return {.loads = Loads::no,
          .rule = rule,
          .reason = std::move(reason),
          .symbol = {},
          .needed_crc = {},
          .found_crc = {},
          .conditions = {}};
}

CompatAnswer condition(std::string_view rule, std::string reason) {
  CompatAnswer answer = refusal(rule, std::move(reason));
  answer.loads = Loads::conditionally;
  answer.conditions = {rule};
  return answer;
}

CompatAnswer about(CompatAnswer answer, std::string_view symbol) {
  answer.symbol = symbol;
  return answer;
}

bool compares_crcs(const LoadingKernel& kernel) {
  if (kernel.config) return kernel.config->modversions;
  // kbuild writes zero for every symbol where the kernel has no CRCs.
  return std::ranges::any_of(kernel.symbols.all(), [](const KernelSymbol& symbol) { return symbol.crc != 0; });
}

bool option(const Question& question, std::string_view name) {
  return question.kernel.config && detail::is_set(*question.kernel.config, name);
}

using Finding = std::optional<CompatAnswer>;

Finding judge_machine(const Question& question) {
  if (question.kernel.elf_machine == 0 || question.kernel.elf_machine == question.module.elf_machine) return std::nullopt;
  return refusal("machine", fmt::format("the module is for ELF machine {}, the kernel for {}", question.module.elf_machine,
                                        question.kernel.elf_machine));
}

/// Source: linux kernel/module/signing.c (module_sig_check): without enforcement only a signature that is wrong forbids.
Finding judge_signature(const Question& question) {
  const auto& signature = question.module.signature;
  const bool forced = option(question, detail::kSignatureForced);
  if (!signature) {
    if (!forced) return std::nullopt;
    return refusal("signature", "the module is not signed, and the kernel takes signed ones only (CONFIG_MODULE_SIG_FORCE)");
  }
  const bool looks = question.kernel.config && question.kernel.config->module_sig;
  if (question.trust == Trust::broken && looks) return refusal("signature", "its signature is wrong");
  if (!forced || question.trust == Trust::trusted) return std::nullopt;
  if (question.trust == Trust::other_key)
    return refusal("signature", fmt::format("its signature by '{}' is not of the certificate that was given", signature->signer));
  return condition("signature", fmt::format("the kernel trusts '{}'", signature->signer));
}

std::string_view without_release(std::string_view vermagic) {
  const std::size_t blank = vermagic.find(' ');
  return blank == std::string_view::npos ? std::string_view{} : vermagic.substr(blank);
}

/// Where no vermagic of the kernel is at hand, its configuration still has one of the words in it.
///
/// Source: linux include/linux/vermagic.h (MODULE_VERMAGIC_MODVERSIONS).
Finding judge_modversions(const Question& question) {
  if (!question.kernel.config) return std::nullopt;
  const std::vector<std::string_view> words = split(question.module.vermagic, ' ');
  const bool says = std::ranges::find(words, std::string_view("modversions")) != words.end();
  const bool wanted = question.kernel.config->modversions;
  if (says == wanted) return std::nullopt;
  return refusal("vermagic", fmt::format("its vermagic says '{}', and the kernel is built {} CONFIG_MODVERSIONS",
                                         trimmed(without_release(question.module.vermagic)), wanted ? "with" : "without"));
}

/// Source: linux kernel/module/main.c and version.c (same_magic): the release is skipped where CRCs say more.
Finding judge_vermagic(const Question& question) {
  const bool skips_release = question.has_crcs && question.modversions;
  const std::string& wanted = question.kernel.vermagic;
  const std::string& has = question.module.vermagic;
  if (!wanted.empty()) {
    const bool same = skips_release ? without_release(has) == without_release(wanted) : has == wanted;
    if (same) return std::nullopt;
    return refusal("vermagic", fmt::format("its vermagic says '{}', the kernel's '{}'",
                                           trimmed(skips_release ? without_release(has) : std::string_view(has)),
                                           trimmed(skips_release ? without_release(wanted) : std::string_view(wanted))));
  }
  if (Finding contradiction = judge_modversions(question)) return contradiction;
  if (question.same_release) return std::nullopt;
  if (!skips_release && !question.kernel.release.str().empty())
    return refusal("vermagic", fmt::format("it is for release {} and no CRCs are compared", question.module.release().str()));
  return condition("vermagic", fmt::format("the kernel's vermagic says '{}'",
                                           trimmed(skips_release ? without_release(has) : std::string_view(has))));
}

Finding judge_size(const Question& question) {
  const std::uint64_t has = question.module.struct_module_size;
  const auto wanted = question.kernel.struct_module_size;
  const bool release_known = !question.kernel.release.str().empty();
  if (has == 0 || (release_known && !compares_struct_module(question.kernel.release))) return std::nullopt;
  if (wanted && *wanted == has) return std::nullopt;
  if (wanted)
    return refusal("struct-module-size", fmt::format("struct module has {} bytes in it and {} in the kernel", has, *wanted));
  if (question.same_release) return std::nullopt;
  return condition("struct-module-size", fmt::format("sizeof(struct module) is {}", has));
}

/// Source: linux kernel/module/version.c (check_version).
Finding judge_crc(const Question& question, const NeededSymbol& symbol, const Provider& provider) {
  if (!question.modversions || !question.has_crcs || detail::crc_agrees(symbol, provider)) return std::nullopt;
  // The loader warns of a symbol that the module's list lacks, and takes it unseen.
  CompatAnswer answer = symbol.crc
                            ? refusal("symbol-crc", fmt::format("symbol {} changed: 0x{:08x} -> 0x{:08x}", symbol.name,
                                                                *symbol.crc, provider.crc.value_or(0)))
                            : condition("symbol-crc-missing",
                                        fmt::format("symbol {} has not changed: the module records no CRC for it", symbol.name));
  answer.needed_crc = symbol.crc;
  answer.found_crc = provider.crc;
  return about(std::move(answer), symbol.name);
}

Finding judge_provider(const Question& question, const NeededSymbol& symbol, const Provider& provider) {
  if (!detail::licence_permits(question.module, provider))
    return about(refusal("gpl-only", fmt::format("symbol {} is for GPL modules only, and this one's licence is '{}'", symbol.name,
                                                 question.module.license)),
                 symbol.name);
  if (!detail::namespace_imported(question.module, provider) &&
      !(question.kernel.config && detail::tolerates_missing_namespace(*question.kernel.config)))
    return about(refusal("namespace", fmt::format("symbol {} is of namespace {}, which the module does not import", symbol.name,
                                                  provider.symbol_namespace)),
                 symbol.name);
  return judge_crc(question, symbol, provider);
}

Finding judge_symbol(const Question& question, const NeededSymbol& symbol) {
  Finding first;
  bool provided = false;
  // True when there is nothing more to look for.
  const auto settles = [&](const Provider& provider) {
    Finding finding = judge_provider(question, symbol, provider);
    if (!provided || !finding || (first->loads == Loads::no && finding->loads != Loads::no)) first = std::move(finding);
    provided = true;
    return !first;
  };
  if (const KernelSymbol* of_kernel = question.kernel.symbols.find(symbol.name))
    if (settles(detail::provider_of(*of_kernel))) return std::nullopt;
  for (const auto& [module, exported] : question.companions.of(symbol.name))
    if (module->name != question.module.name && settles(detail::provider_of(*module, *exported))) return std::nullopt;
  if (provided) return first;
  // Kernels without MODVERSIONS have no module_layout, and nothing refers to it but the list of CRCs.
  if (symbol.weak || (symbol.name == kLayout && !question.modversions)) return std::nullopt;
  return about(refusal("symbol-missing",
                       fmt::format("symbol {} is gone: neither the kernel nor a module beside this one exports it", symbol.name)),
               symbol.name);
}

/// Source: linux kernel/module/main.c (verify_exported_symbols).
Finding judge_export(const Question& question, const ExportedSymbol& symbol) {
  const KernelSymbol* const other = question.kernel.symbols.find(symbol.name);
  if (other == nullptr) return std::nullopt;
  if (other->module == "vmlinux")
    return about(refusal("exported-twice", fmt::format("the kernel exports symbol {} itself", symbol.name)), symbol.name);
  const std::string_view base = other->module.substr(other->module.rfind('/') + 1);
  // The kernel's own module of that name is the one that this replaces.
  if (detail::kernel_spelling(base) == detail::kernel_spelling(question.module.name.str())) return std::nullopt;
  return about(condition("exported-twice",
                         fmt::format("the kernel's module {} is not loaded, which exports symbol {}, too", base, symbol.name)),
               symbol.name);
}

/// What forbids it as soon as it is found; else the first condition, with those that follow it.
class Verdict {
 public:
  /// True when it is a no.
  bool add(Finding finding) {
    if (!finding) return false;
    if (finding->loads == Loads::no) {
      answer_ = *std::move(finding);
      return true;
    }
    if (answer_.loads == Loads::yes) {
      answer_ = *std::move(finding);
    } else {
      std::ranges::move(finding->conditions, std::back_inserter(answer_.conditions));
      if (++told_ <= kMostConditions) answer_.reason += ", and " + finding->reason;
    }
    return false;
  }
  [[nodiscard]] CompatAnswer take() && {
    if (answer_.loads == Loads::conditionally && told_ > kMostConditions)
      answer_.reason += fmt::format(", and {} more", told_ - kMostConditions);
    return std::move(answer_);
  }

 private:
  static constexpr unsigned kMostConditions = 4;
  CompatAnswer answer_;
  unsigned told_ = 0;
};

bool judge_symbols(const Question& question, Verdict& verdict) {
  const auto& needed = question.module.needed;
  if (question.modversions && !question.has_crcs && !needed.empty()) {
    // Source: linux kernel/module/version.c (check_version): no list at all is as with modprobe --force.
    if (!option(question, detail::kForcedLoading)) {
      if (verdict.add(about(refusal("symbol-crc-missing", "the module records no CRCs, and the kernel compares them"), {})))
        return true;
    } else {
      verdict.add(condition("symbol-crc-missing", "nothing has changed: the module records no CRCs to compare"));
    }
  }
  const auto layout = std::ranges::lower_bound(needed, kLayout, {}, &NeededSymbol::name);
  if (layout != needed.end() && layout->name == kLayout && verdict.add(judge_symbol(question, *layout))) return true;
  return std::ranges::any_of(
             needed,
             [&](const NeededSymbol& symbol) { return symbol.name != kLayout && verdict.add(judge_symbol(question, symbol)); }) ||
         std::ranges::any_of(question.module.exported,
                             [&](const ExportedSymbol& symbol) { return verdict.add(judge_export(question, symbol)); });
}

}  // namespace

CompanionSymbols::CompanionSymbols(std::span<const ModuleFacts> modules) {
  for (const ModuleFacts& module : modules) add(module);
}

CompanionSymbols::CompanionSymbols(std::span<const ModuleFacts* const> modules) {
  for (const ModuleFacts* module : modules) add(*module);
}

void CompanionSymbols::add(const ModuleFacts& module) {
  for (const ExportedSymbol& symbol : module.exported) exports_[symbol.name].push_back({.module = &module, .symbol = &symbol});
}

std::span<const CompanionSymbols::Export> CompanionSymbols::of(std::string_view name) const noexcept {
  const auto found = exports_.find(name);
  return found == exports_.end() ? std::span<const Export>{} : std::span<const Export>(found->second);
}

CompatAnswer would_load(const ModuleFacts& module, const CompanionSymbols& companions, const LoadingKernel& kernel, Trust trust) {
  const Question question{
      .module = module,
      .companions = companions,
      .kernel = kernel,
      .trust = trust,
      .has_crcs = std::ranges::any_of(module.needed, [](const NeededSymbol& symbol) { return symbol.crc.has_value(); }),
      .modversions = compares_crcs(kernel),
      .same_release = module.release() == kernel.release};
  Verdict verdict;
  if (verdict.add(judge_machine(question)) || verdict.add(judge_vermagic(question)) || verdict.add(judge_size(question)))
    return std::move(verdict).take();
  if (!judge_symbols(question, verdict)) verdict.add(judge_signature(question));
  return std::move(verdict).take();
}

CompatAnswer would_load(const ModuleFacts& module, std::span<const ModuleFacts> companions, const LoadingKernel& kernel,
                        Trust trust) {
  return would_load(module, CompanionSymbols(companions), kernel, trust);
}

std::vector<std::string> kernel_modules_needed(const ModuleFacts& module, const LoadingKernel& kernel) {
  std::vector<std::string> modules;
  for (const NeededSymbol& symbol : module.needed) {
    const KernelSymbol* const found = kernel.symbols.find(symbol.name);
    if (found != nullptr && found->module != "vmlinux") modules.emplace_back(found->module);
  }
  std::ranges::sort(modules);
  modules.erase(std::ranges::unique(modules).begin(), modules.end());
  return modules;
}

}  // namespace kmpack
