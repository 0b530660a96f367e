#pragma once

#include <span>
#include <string_view>

namespace kmpack {

/// Which exit status a diagnostic leads to. The numbers are part of the command's contract.
enum class Fault { cell = 1, usage = 2, input = 3, environment = 4, verification = 5 };

struct DiagnosticCode {
  std::string_view code;
  Fault fault;
  std::string_view meaning;
};

/// Every code kmpack can print, sorted by code; docs/diagnostics.md is this table.
std::span<const DiagnosticCode> diagnostic_codes() noexcept;
/// The fault of a code; Fault::cell for one that is not in the table (a test keeps that from happening).
Fault fault_of(std::string_view code) noexcept;

}  // namespace kmpack
