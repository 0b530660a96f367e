#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "inspect/compat.hpp"
#include "kmpack/diagnostic.hpp"
#include "pipeline/request.hpp"

namespace kmpack {

/// What `kmpack compat` is asked; Request says where kernels are looked for.
struct CompatQuestion {
  std::vector<std::filesystem::path> files;  ///< modules, packages, directories; empty: the workspace's finished cells
  std::vector<std::string> kernels;          ///< patterns; empty: those of the lock, or all on this disk of the modules' machine
  std::vector<std::filesystem::path> symvers;  ///< each a kernel of its own, of which only the symbols are known
  std::vector<std::filesystem::path> stablelists;
  std::optional<std::filesystem::path> certificate;  ///< the key that the kernels trust
};

/// A module that is asked about.
struct AskedModule {
  ModuleFacts facts;
  std::string package;  ///< the package or directory it is from, or the cell
  Trust trust = Trust::unknown;
  std::vector<std::string> unlisted;  ///< needed symbols that no stable list has; only with one
};

/// A kernel that is asked about.
struct AskedKernel {
  std::string name;
  std::string release;  ///< empty: not known
  std::string unknown;  ///< why nothing can be said; empty: it can
};

/// Every module against every kernel.
struct CompatReport {
  std::vector<AskedModule> modules;
  std::vector<AskedKernel> kernels;
  std::vector<CompatAnswer> answers;                     ///< of module m and kernel k at m * kernels.size() + k
  std::vector<std::vector<std::string>> kernel_modules;  ///< likewise: the kernel's own modules whose symbols are needed
  Diagnostics problems;

  [[nodiscard]] const CompatAnswer& answer(std::size_t module, std::size_t kernel) const {
    return answers[module * kernels.size() + kernel];
  }
};

/// Would these modules load in those kernels?
///
/// Shape:   modules built for one release are there for each other, from whichever package. Kernels are those whose headers are
/// on
///          this disk; stored archive metadata are read for a pattern that means none of them, and such kernels are unknown.
/// Errors:  reports flavor-*, kernel-absent, modules-none, then nothing is answered. Reports what cannot be read, as
/// symvers-empty,
///          too, and answers of the rest: a module is missing then, a kernel is unknown. Throws stablelist-malformed,
///          file-unreadable, Cancelled.
/// Source:  stable lists: Red Hat kernel-abi-stablelists (names behind a tab, `[list]` headers) and Module.kabi_* (columns as
///          Module.symvers); facts redhat.md section 1.6.
CompatReport compat(const CompatQuestion& question, const Request& request, Context& context);

}  // namespace kmpack
