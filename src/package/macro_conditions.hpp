#pragma once

#include <optional>
#include <string>

#include "package/macro_spec.hpp"

/// Conditions of a manifest in a spec whose kernels are those of the build root. Private to this folder.
namespace kmpack {

/// A command of the shell that succeeds where the condition holds for `$flavor` and `$release`; empty: always. Nothing where that
/// cannot be said: a release or series, or distributions of one family that only some patterns name.
///
/// Shape:   calls functions of condition_functions(). Whether SUSE's or Red Hat's macros are there is known to the spec.
std::optional<std::string> macro_condition(const KernelCondition& condition, const MacroFlavors& flavors);

/// The commands, where the condition holds. For conditions that can be said.
std::string where_it_holds(const KernelCondition& condition, const MacroFlavors& flavors, const std::string& commands);

/// Definitions of the functions that conditions in `commands` call, in front of them.
std::string with_condition_functions(const std::string& commands);

/// Errors: reports spec-macro-conditional for each part whose condition cannot be said.
void check_macro_conditions(const Manifest& manifest, const MacroFlavors& flavors, Diagnostics& problems);

}  // namespace kmpack
