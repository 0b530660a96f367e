#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "build/build.hpp"
#include "kmpack/diagnostic.hpp"
#include "kmpack/kernel.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// The Debian package that brings a compiler of that name: `gcc-12`, `gcc-12-aarch64-linux-gnu` for `aarch64-linux-gnu-gcc-12`.
///
/// Source: Debian's gcc-12 and gcc-12-cross source packages (debian/control).
std::string package_of_compiler(std::string_view compiler);

/// "" or "aarch64-linux-gnu-": what stands before the names of the target's binutils.
std::string binutils_prefix(const HeaderTree& headers);

/// What the build of a kernel's modules will be compiled by.
struct ChosenCompiler {
  std::string name;
  bool given_to_make = false;          ///< not the one the tree names by itself: CC= must say so
  std::optional<Diagnostic> mismatch;  ///< a warning, when another major version was allowed
};

/// The kernel's own compiler, looked at by running it with -dumpversion.
///
/// Errors:  compiler-missing, compiler-mismatch (each with the package to install). Throws Cancelled.
ChosenCompiler choose_compiler(const HeaderTree& headers, MismatchedCompiler mismatch, CommandRunner& runner,
                               std::stop_token stop);

}  // namespace kmpack
