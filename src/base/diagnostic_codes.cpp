#include "base/diagnostic_codes.hpp"

#include <algorithm>
#include <array>

namespace kmpack {
namespace {

// One line per code, in sections by folder; sorted when first asked for. docs/diagnostics.md is checked against this table.
constexpr auto kCodes = std::to_array<DiagnosticCode>({
    // sys
    {"disk-full", Fault::environment, "the disk or quota is full; what was being written was removed"},
    {"file-unreadable", Fault::environment, "a file could not be read"},
    {"file-unwritable", Fault::environment, "a file or directory could not be written"},
    {"process-failed", Fault::cell, "a program that had to succeed did not"},
    {"process-failed-to-start", Fault::environment, "a program could not be started"},
    {"tool-missing", Fault::environment, "a program that is needed is not installed"},
    // wrap
    {"archive-hostile", Fault::environment, "an archive has a member that would be written, or point, outside of its root"},
    {"archive-unreadable", Fault::environment, "an archive is absent, truncated, corrupt or of an unknown kind"},
    // manifest
    // flavors
    {"flavor-pattern-invalid", Fault::input, "a flavor pattern does not read as DIST/FLAVOR[.ARCH][@RELEASE]"},
    // headers
    // build
    // inspect
    // sign
    // package
    // verify
    // pipeline
    // cli
});

constexpr auto sorted_codes() {
  auto codes = kCodes;
  std::ranges::sort(codes, {}, &DiagnosticCode::code);
  return codes;
}
constexpr auto kSorted = sorted_codes();

}  // namespace

std::span<const DiagnosticCode> diagnostic_codes() noexcept { return kSorted; }

Fault fault_of(std::string_view code) noexcept {
  const auto* found = std::ranges::lower_bound(kSorted, code, {}, &DiagnosticCode::code);
  return found != kSorted.end() && found->code == code ? found->fault : Fault::cell;
}

}  // namespace kmpack
