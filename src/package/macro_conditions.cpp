#include "package/macro_conditions.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "kmpack/architecture.hpp"
#include "package/recipe_text.hpp"

namespace kmpack {
namespace {

/// Numbers are compared place by place, as many of them as the bound has.
constexpr std::string_view kInRange = R"(kmpack_in_range() {
  awk -v release="$release" -v least="$1" -v most="$2" '
    function compare(bound,  i, count, wanted, found) {
      count = split(bound, wanted, ".")
      split(release, found, /[^0-9]+/)
      for (i = 1; i <= count; i++) if (found[i] + 0 != wanted[i] + 0) return found[i] + 0 < wanted[i] + 0 ? -1 : 1
      return 0
    }
    BEGIN { exit !((least == "" || compare(least) >= 0) && (most == "" || compare(most) <= 0)) }'
}
)";

constexpr std::string_view kFits = R"(kmpack_fits() {
  case $1 in
    $2) return 0 ;;
  esac
  return 1
}
)";

/// `*` and `?` are the shell's as well; what else means something there is taken as it stands.
std::string shell_pattern(std::string_view glob) {
  std::string pattern;
  for (const char letter : glob) {
    if (letter == '[' || letter == ']' || letter == '\\') pattern += '\\';
    pattern += letter;
  }
  return recipe_word(pattern);
}

enum class Part { none, some, all };

Part named(const std::string& pattern, const std::vector<std::string>& distributions) {
  const auto count = std::ranges::count_if(distributions, [&](const std::string& id) { return glob_matches(pattern, id); });
  if (count == 0) return Part::none;
  return count == std::ssize(distributions) ? Part::all : Part::some;
}

std::string any_of(const std::vector<std::string>& tests) {
  if (tests.size() == 1) return tests.front();
  return fmt::format("{{ {}; }}", joined(tests, " || "));
}

std::string architecture_test(const std::string& pattern) {
  if (!is_glob(pattern)) {
    const Architecture* const arch = find_architecture(pattern);
    return "kmpack_fits \"$(uname -m)\" " + shell_pattern(arch == nullptr ? std::string_view(pattern) : arch->machine);
  }
  return "kmpack_fits \"$(uname -m)\" " + shell_pattern(pattern);
}

/// Empty: every kernel of the spec. `false`: none of them.
std::optional<std::string> pattern_test(const FlavorPattern& pattern, const MacroFlavors& flavors) {
  if (pattern.release && *pattern.release != "*") return std::nullopt;
  const Part suse = named(pattern.distribution, flavors.suse_distributions);
  const Part redhat = named(pattern.distribution, flavors.redhat_distributions);
  if (suse == Part::some || redhat == Part::some) return std::nullopt;
  if (suse == Part::none && redhat == Part::none) return "false";
  std::vector<std::string> tests;
  const bool both = !flavors.suse_distributions.empty() && !flavors.redhat_distributions.empty();
  if (both && redhat == Part::none) tests.emplace_back("[ -n \"%{?suse_version}\" ]");
  if (both && suse == Part::none) tests.emplace_back("[ -z \"%{?suse_version}\" ]");
  if (pattern.flavor != "*") tests.push_back("kmpack_fits \"$flavor\" " + shell_pattern(pattern.flavor));
  if (pattern.arch && *pattern.arch != "*") tests.push_back(architecture_test(*pattern.arch));
  return tests.size() > 1 ? fmt::format("{{ {}; }}", joined(tests, " && ")) : joined(tests, "");
}

std::string range_test(const KernelRange& range) {
  return fmt::format("kmpack_in_range '{}' '{}'", spec_literal(range.min.value_or("")), spec_literal(range.max.value_or("")));
}

void check(const KernelCondition& condition, const SourceSpan& where, const MacroFlavors& flavors, Diagnostics& problems) {
  if (macro_condition(condition, flavors)) return;
  std::vector<std::string> patterns;
  for (const FlavorPattern& pattern : condition.flavors) patterns.push_back(pattern.text);
  problems.report({.code = "spec-macro-conditional",
                   .message = fmt::format("a macro spec cannot say for=\"{}\": its kernels are those of the build root",
                                          joined(patterns, " ")),
                   .where = where,
                   .notes = {"it can tell SUSE from Red Hat, flavors, architectures, and min and max"},
                   .hint = "write a static spec (--spec static), which has each kernel's own"});
}

}  // namespace

std::optional<std::string> macro_condition(const KernelCondition& condition, const MacroFlavors& flavors) {
  std::vector<std::string> tests;
  bool always = condition.flavors.empty();
  for (const FlavorPattern& pattern : condition.flavors) {
    const auto test = pattern_test(pattern, flavors);
    if (!test) return std::nullopt;
    always = always || test->empty();
    if (*test != "false") tests.push_back(*test);
  }
  if (!always && tests.empty()) return "false";
  const std::string named = always ? std::string() : any_of(tests);
  if (condition.range.unbounded()) return named;
  return named.empty() ? range_test(condition.range) : named + " && " + range_test(condition.range);
}

std::string where_it_holds(const KernelCondition& condition, const MacroFlavors& flavors, const std::string& commands) {
  const auto test = macro_condition(condition, flavors);
  KMPACK_ASSERT(test.has_value());
  return test->empty() ? commands : fmt::format("if {}; then\n{}fi\n", *test, commands);
}

std::string with_condition_functions(const std::string& commands) {
  std::string text;
  if (commands.find("kmpack_in_range ") != std::string::npos) text += spec_literal(kInRange);
  if (commands.find("kmpack_fits ") != std::string::npos) text += spec_literal(kFits);
  return text + commands;
}

void check_macro_conditions(const Manifest& manifest, const MacroFlavors& flavors, Diagnostics& problems) {
  for (const PatchSpec& patch : manifest.patches) check(patch.when, patch.where, flavors, problems);
  for (const auto* commands : {&manifest.make.before, &manifest.make.commands, &manifest.make.after}) {
    for (const BuildCommand& command : *commands) check(command.when, command.where, flavors, problems);
  }
  for (const ModuleSpec& module : manifest.modules) check(module.when, module.where, flavors, problems);
}

}  // namespace kmpack
