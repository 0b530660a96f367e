#include "flavors/condition.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "kmpack/architecture.hpp"
#include "manifest/fields.hpp"
#include "manifest/kernel_range.hpp"

namespace kmpack {
namespace {

/// What is not for the kernel goes; what stays, stays without its condition.
template <class Parts, class Kept>
void keep(Parts& parts, const Kept& is_kept) {
  std::erase_if(parts, [&](const auto& part) { return !is_kept(part.when); });
  for (auto& part : parts) part.when = {};
}

/// Calls `visit` with every condition of the manifest, in an order that is the same for every kernel.
template <class Visit>
void for_each_condition(const Manifest& manifest, const Visit& visit) {
  for (const PatchSpec& patch : manifest.patches) visit(patch.when);
  for (const auto* commands : {&manifest.make.before, &manifest.make.commands, &manifest.make.after}) {
    for (const BuildCommand& command : *commands) visit(command.when);
  }
  for (const ModuleSpec& module : manifest.modules) visit(module.when);
}

void drop_absent_uses(std::vector<ModuleSpec>& modules) {
  std::map<std::string, ModuleName> present;
  for (const ModuleSpec& module : modules) present.emplace(kernel_spelling(module.name.str()), module.name);
  for (ModuleSpec& module : modules) {
    std::erase_if(module.uses, [&](const ModuleName& used) { return !present.contains(kernel_spelling(used.str())); });
    // As it is spelled where it is declared for this kernel.
    for (ModuleName& used : module.uses) used = present.at(kernel_spelling(used.str()));
  }
}

}  // namespace

bool names(const FlavorPattern& pattern, const Kernel& kernel) noexcept {
  const FlavorId& flavor = kernel.flavor;
  if (!glob_matches(pattern.distribution, flavor.distribution) || !glob_matches(pattern.flavor, flavor.flavor)) return false;
  if (pattern.arch && !glob_matches(*pattern.arch, flavor.arch) && !same_architecture(*pattern.arch, flavor.arch)) return false;
  return !pattern.release || *pattern.release == kernel.series || glob_matches(*pattern.release, kernel.release.str());
}

bool applies(const KernelCondition& condition, const Kernel& kernel) {
  const bool named = condition.flavors.empty() ||
                     std::ranges::any_of(condition.flavors, [&](const FlavorPattern& pattern) { return names(pattern, kernel); });
  return named && in_range(condition.range, kernel.release.str());
}

std::shared_ptr<const Manifest> manifest_for(const std::shared_ptr<const Manifest>& whole, const Kernel& kernel) {
  return Projections(whole).of(kernel);
}

Projections::Projections(std::shared_ptr<const Manifest> whole) : whole_(std::move(whole)) {
  for_each_condition(*whole_, [&](const KernelCondition& when) { conditional_ = conditional_ || !when.unconditional(); });
}

std::shared_ptr<const Manifest> Projections::of(const Kernel& kernel) {
  if (!conditional_) return whole_;
  std::vector<bool> held;
  for_each_condition(*whole_, [&](const KernelCondition& when) { held.push_back(applies(when, kernel)); });
  std::shared_ptr<const Manifest>& known = known_[held];
  if (!known) {
    auto projected = std::make_shared<Manifest>(*whole_);
    const auto is_kept = [&](const KernelCondition& when) { return applies(when, kernel); };
    keep(projected->patches, is_kept);
    keep(projected->make.before, is_kept);
    keep(projected->make.commands, is_kept);
    keep(projected->make.after, is_kept);
    keep(projected->modules, is_kept);
    drop_absent_uses(projected->modules);
    known = std::move(projected);
  }
  return known;
}

}  // namespace kmpack
