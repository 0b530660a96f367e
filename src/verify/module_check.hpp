#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "sign/key.hpp"
#include "verify/contents.hpp"
#include "verify/foreign_build.hpp"
#include "verify/package.hpp"
#include "verify/packed_modules.hpp"

namespace kmpack {

/// Why a kernel could not decompress an xz file; nothing when it can.
///
/// Shape:   reads the stream header and the first block header: integrity check CRC32 or none, dictionary of at most 1 MiB.
/// Source:  The .xz file format 1.1.0 §2.1, §3.1, §5.3.1; linux lib/decompress_unxz.c; scripts/Makefile.modinst.
std::optional<std::string_view> xz_unreadable_by_kernel(std::string_view file) noexcept;

/// Checks modules of packages: that each can be read, is for the release it is installed for, is signed as wanted, and is
/// compressed so that its kernel can read it.
///
/// Shape:   one object for all modules of a package: the certificate is read once, by the first module that has a signature.
/// Threads: one object, one thread.
class ModuleCheck {
 public:
  /// `foreign`: what is known of the package's modules where it says that they were built for another kernel.
  explicit ModuleCheck(const VerifyExpectation& expectation, std::optional<ForeignBuild> foreign = {})
      : expectation_(expectation), foreign_(std::move(foreign)) {}

  void judge(const PackageContents& contents, const PackedModule& module, VerifyReport& report);

 private:
  const VerifyExpectation& expectation_;
  std::optional<ForeignBuild> foreign_;
  std::optional<Certificate> certificate_;
};

}  // namespace kmpack
