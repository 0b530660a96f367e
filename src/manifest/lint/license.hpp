#pragma once

#include "kmpack/diagnostic.hpp"
#include "manifest/lint/lint.hpp"

// Private to the lint.
namespace kmpack::detail {

/// Reports lint-license-missing for modules of whose sources every one was found and none has MODULE_LICENSE. Where anything
/// stays unknown (generated sources, macros in headers) it says nothing.
void lint_licenses(const LintedSources& sources, Diagnostics& problems);

}  // namespace kmpack::detail
