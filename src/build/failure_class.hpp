#pragma once

#include <string_view>

#include "kmpack/diagnostic.hpp"
#include "kmpack/failure.hpp"

namespace kmpack {

/// What a line of a build's log says, as first_error() gives it: class, place, and the text without the place.
///
/// Source: gcc 12 gcc/c/c-typeck.cc, c-decl.cc and libcpp, clang DiagnosticSemaKinds.td (their texts); linux
/// scripts/mod/modpost.c.
Failure failure_of_line(std::string_view line);

/// What failed where no log was asked, by the code of the error.
Failure failure_of(const Diagnostic& problem);

}  // namespace kmpack
