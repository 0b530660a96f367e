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
    {"deb-control-invalid", Fault::verification, "a control file of a Debian package does not read as deb822"},
    {"deb-hostile-path", Fault::verification, "a Debian package has a member that does not stay below its root"},
    {"deb-unreadable", Fault::verification, "a file is not a Debian package kmpack can read"},
    {"rpm-build-failed", Fault::cell, "librpmbuild refused a spec file or could not build its package"},
    {"rpm-digest-wrong", Fault::verification, "an rpm package was damaged or changed: a digest does not fit its content"},
    {"rpm-unreadable", Fault::verification, "a file is not an rpm package, or a part of one"},
    {"template-invalid", Fault::environment, "a package template has a tag or section that cannot be read"},
    {"template-unknown-name", Fault::environment, "a package template names something that has no value"},
    // manifest
    // flavors
    {"flavor-pattern-invalid", Fault::input, "a flavor pattern does not read as DIST/FLAVOR[.ARCH][@RELEASE]"},
    // headers
    // build
    // inspect
    // sign
    // package
    {"architecture-unknown", Fault::cell, "kmpack does not know how package formats call a kernel's architecture"},
    {"document-missing", Fault::input, "a license or document named in the manifest is not in the source, or leads out of it"},
    {"package-name-invalid", Fault::input, "a name, version or kernel release cannot be written in a package format"},
    {"package-path-invalid", Fault::input, "a path cannot be written in a package format"},
    {"script-invalid", Fault::input, "a script fragment of the manifest is not shell that can be read"},
    {"template-missing", Fault::environment, "a package template was not found in any template directory"},
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
