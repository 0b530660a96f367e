#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "inspect/symvers.hpp"
#include "package/model_parts.hpp"
#include "package/naming.hpp"
#include "package/rpm_dependencies.hpp"
#include "package/rpm_style.hpp"

namespace kmpack {
namespace {

std::string_view suffix_of(const Kernel& kernel) {
  const std::string& suffix = kernel.rules.rpm.suffix;
  return kernel.release.str().ends_with(suffix) ? std::string_view(suffix) : std::string_view{};
}

/// The release that comes after this one: its last number plus one.
std::optional<std::string> release_after(std::string_view release) {
  const std::size_t digits = release.find_last_not_of("0123456789") + 1;
  unsigned last = 0;
  const std::string_view number = release.substr(std::min(digits, release.size()));
  if (number.empty() || std::from_chars(number.data(), number.data() + number.size(), last).ec != std::errc{})
    return std::nullopt;
  return fmt::format("{}{}", release.substr(0, digits), last + 1);
}

/// All packages of the kernel that have this release. What SUSE's kernels provide as `kernel-uname-r` has two dashes, which no
/// spec may write (rpm 4.14 and later); and a package's release has a counter of rebuilds behind what the kernel calls itself.
///
/// Source:  facts suse.md section 1.5.
std::optional<std::string> suse_range(const RpmCell& rpm) {
  const std::string& kernel = rpm.rules().kernel;
  const std::string release = release_without_suffix(rpm.kernel());
  const std::optional<std::string> after = release_after(release);
  if (kernel.empty() || !after || !is_rpm_version(release)) return std::nullopt;
  return fmt::format("({} >= {} with {} < {})", kernel, release, kernel, *after);
}

Relation exactly_this_kernel(const RpmCell& rpm) {
  if (rpm.rules().style == RpmStyle::kmp) {
    if (const std::optional<std::string> range = suse_range(rpm)) return verbatim_relation(*range);
  }
  const std::string release = release_in_relations(rpm.kernel());
  return is_rpm_version(release) ? exact_relation("kernel-uname-r", release)
                                 : plain_relation("kernel-" + rpm.kernel().release.str());
}

/// `(kernel = V if kernel)`; nothing where the distribution's package or its version is not known.
std::optional<Relation> this_kernel_if_any(const RpmCell& rpm) {
  const std::string& kernel = rpm.rules().kernel;
  if (kernel.empty()) return std::nullopt;
  if (rpm.rules().style == RpmStyle::kmp) {
    if (const std::optional<std::string> range = suse_range(rpm)) {
      return verbatim_relation(fmt::format("({} if {})", *range, kernel));
    }
  }
  const std::string& version = rpm.kernel().package_version;
  if (!is_rpm_version(version)) return std::nullopt;
  return verbatim_relation(fmt::format("({} = {} if {})", kernel, version, kernel));
}

bool has_symbols(const RpmCell& rpm) {
  return rpm.headers.config.modversions && !rpm.headers.symvers.empty() &&
         std::ranges::any_of(rpm.modules, [](const SealedModule& module) {
           return std::ranges::any_of(module.facts.needed,
                                      [](const NeededSymbol& symbol) { return symbol.crc.value_or(0) != 0; });
         });
}

void add_lines(std::vector<Relation>& relations, std::vector<std::string>& lines) {
  for (std::string& line : lines) relations.push_back(verbatim_relation(std::move(line)));
}

}  // namespace

std::string release_without_suffix(const Kernel& kernel) {
  std::string release = kernel.release.str();
  release.resize(release.size() - suffix_of(kernel).size());
  return release;
}

std::string release_in_relations(const Kernel& kernel) {
  const std::string_view suffix = suffix_of(kernel);
  // The sign before the variant is the distribution's: +64k_debug, .debug.
  return release_without_suffix(kernel) + replaced(std::string(suffix), "-", "_");
}

bool follows_symbols(const RpmCell& rpm) {
  return rpm.manifest().rpm_policy.pin.value_or(rpm.rules().pin) == KernelPin::symbols && rpm.headers.config.modversions &&
         !rpm.headers.symvers.empty();
}

void relate_kernel(PackageModel& model, const RpmCell& rpm) {
  const bool suse = rpm.rules().style == RpmStyle::kmp;
  const bool compared = has_symbols(rpm);
  SymbolDependencies found = symbol_dependencies(suse ? SymbolWorld::suse : SymbolWorld::redhat, rpm.kernel().flavor.flavor,
                                                 rpm.modules, compared ? Symvers::read(rpm.headers.symvers) : Symvers());
  const KernelPin pin = rpm.manifest().rpm_policy.pin.value_or(rpm.rules().pin);
  const std::optional<Relation> rich = pin == KernelPin::rich ? this_kernel_if_any(rpm) : std::nullopt;
  if (pin == KernelPin::symbols && compared) {
    add_lines(model.needs, found.needs);
  } else {
    model.needs.push_back(rich ? *rich : exactly_this_kernel(rpm));
  }
  add_lines(model.provides, found.provides);
  add_lines(model.supplements, found.supplements);
}

}  // namespace kmpack
