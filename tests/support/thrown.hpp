#pragma once

#include <optional>
#include <string>

#include "kmpack/diagnostic.hpp"

namespace kmpack::test {

/// The diagnostic of the Error that leaves `work`, or nothing.
template <class Work>
std::optional<Diagnostic> diagnostic_thrown_by(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.diagnostic();
  }
  return std::nullopt;
}

/// Its code, or "nothing was thrown".
template <class Work>
std::string code_thrown_by(Work&& work) {
  const std::optional<Diagnostic> diagnostic = diagnostic_thrown_by(work);
  return diagnostic ? std::string(diagnostic->code) : "nothing was thrown";
}

}  // namespace kmpack::test
