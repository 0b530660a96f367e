#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>

#include "kmpack/kernel.hpp"
#include "verify/report.hpp"

namespace kmpack {

enum class Signatures {
  required,  ///< an unsigned module is a failure
  optional   ///< the user knows that modules are unsigned; those that are signed must still verify
};

/// What the caller knows about a package that should be on disk. Everything else is read from the file.
struct VerifyExpectation {
  const Kernel* kernel = nullptr;                    ///< release, install rules and architecture it must be for
  const KernelConfig* config = nullptr;              ///< of that kernel: compression it can read
  const HeaderTree* headers = nullptr;               ///< of that kernel: judge modules that a package says were built for another
  std::optional<std::filesystem::path> certificate;  ///< PEM or DER; module signatures must verify against it
  Signatures signatures = Signatures::required;
};

/// Read a finished .deb or .rpm back from disk and check what must always hold.
///
/// Shape:   one package file in; nothing is installed or run. Problems are in the report, one for each thing that is wrong.
/// Errors:  package-unknown-format (absent, truncated, not a package). Throws Cancelled.
/// Threads: safe from many.
/// Source:  deb(5); rpm tags; linux kernel/module/signing.c; scripts/Makefile.modinst; measured.
VerifyReport verify_package(const std::filesystem::path& package, const VerifyExpectation& expectation,
                            std::stop_token stop = {});

}  // namespace kmpack
