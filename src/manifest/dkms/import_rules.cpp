#include "manifest/dkms/import_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "manifest/fields.hpp"
#include "manifest/kernel_range.hpp"

namespace kmpack {
namespace {

class Carrying {
 public:
  Carrying(std::span<const DkmsAnswer> answers, Manifest& manifest)
      : answers_(answers), kernels_(manifest.kernels), file_(manifest.file) {}

  CarriedRules run() {
    for (const DkmsAnswer& answer : answers_) {
      for (const DkmsRule& rule : answer.conf.rules) {
        if (is_known(rule)) continue;
        known_.push_back(rule);
        if (rule.of_module || !is_alike(rule) || !carry(rule)) carried_.left.push_back(rule);
      }
    }
    return std::move(carried_);
  }

 private:
  [[nodiscard]] bool is_known(const DkmsRule& rule) const {
    return std::ranges::any_of(known_, [&](const DkmsRule& known) { return known.says_as(rule); });
  }

  static const DkmsRule* rule_of(const DkmsAnswer& answer, const DkmsRule& rule) {
    const auto found = std::ranges::find_if(answer.conf.rules, [&](const DkmsRule& each) { return each.says_as(rule); });
    return found == answer.conf.rules.end() ? nullptr : &*found;
  }

  [[nodiscard]] bool is_alike(const DkmsRule& rule) const {
    return std::ranges::all_of(answers_, [&](const DkmsAnswer& answer) { return rule_of(answer, rule) != nullptr; });
  }

  [[nodiscard]] SourceSpan where(const DkmsRule& rule) const { return {file_, rule.line, 0}; }

  bool carry(const DkmsRule& rule) {
    const bool done = rule.directive.ends_with("_CONFIG") ? carry_config(rule) : carry_version(rule);
    if (!done) return false;
    for (std::size_t i = 0; i < answers_.size(); ++i) {
      if (!rule_of(answers_[i], rule)->met) carried_.excluded.insert(i);
    }
    return true;
  }

  bool carry_config(const DkmsRule& rule) {
    const bool unwanted = rule.text.starts_with('!');
    const std::string option = unwanted ? rule.text.substr(1) : rule.text;
    if (!is_kernel_option(option)) return false;
    // Named with and without `!`: no kernel has it so, and one requirement of each option is all that a manifest takes.
    if (std::ranges::find(kernels_.config, option, &ConfigRequirement::option) != kernels_.config.end()) return false;
    kernels_.config.push_back({.option = option,
                               .need = unwanted ? ConfigNeed::disabled : ConfigNeed::enabled,
                               .reason = "BUILD_EXCLUSIVE_CONFIG",
                               .where = where(rule)});
    return true;
  }

  bool carry_version(const DkmsRule& rule) {
    const bool minimum = rule.directive.ends_with("_MIN");
    if (!minimum && !rule.directive.ends_with("_MAX") && rule.directive != "OBSOLETE_BY") return false;
    const std::string version = replaced(rule.text, " ", "");
    if (!is_kernel_version(version)) return false;
    const KernelRange from{.min = version, .max = {}};
    const auto same = [&](const DkmsAnswer& answer) {
      return rule_of(answer, rule)->met == (in_range(from, answer.kernel->release.str()) == minimum);
    };
    if (!std::ranges::all_of(answers_, same)) return false;
    if (minimum) {
      kernels_.range.min = version;
      return true;
    }
    kernels_.exclude.push_back(
        {.pattern = {.text = "*/*", .distribution = "*", .flavor = "*", .arch = {}, .release = {}, .where = where(rule)},
         .kernels = from,
         .reason = fmt::format("{} is {}", rule.directive, rule.text),
         .where = where(rule)});
    return true;
  }

  std::span<const DkmsAnswer> answers_;
  KernelsSpec& kernels_;
  std::filesystem::path file_;
  std::vector<DkmsRule> known_;
  CarriedRules carried_;
};

}  // namespace

CarriedRules carry_rules(std::span<const DkmsAnswer> answers, Manifest& manifest) { return Carrying(answers, manifest).run(); }

std::vector<DkmsRule> rules_of_these_kernels(const Manifest& identity, std::span<const DkmsAnswer> answers) {
  Manifest unused = identity;
  return carry_rules(answers, unused).left;
}

}  // namespace kmpack
