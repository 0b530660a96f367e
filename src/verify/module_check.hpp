#pragma once

#include <optional>
#include <string_view>

#include "kmpack/kernel.hpp"
#include "verify/contents.hpp"
#include "verify/package.hpp"

namespace kmpack {

/// Why a kernel could not decompress an xz file; nothing when it can.
///
/// Shape:   reads the stream header and the first block header: integrity check CRC32 or none, dictionary of at most 1 MiB.
/// Source:  The .xz file format 1.1.0 §2.1, §3.1, §5.3.1; linux lib/decompress_unxz.c; scripts/Makefile.modinst.
std::optional<std::string_view> xz_unreadable_by_kernel(std::string_view file) noexcept;

/// Check one module of a package: that it can be read, is for the release it is installed for, is signed as wanted, and is
/// compressed so that its kernel can read it.
void check_module(const PackageContents& contents, const UnpackedModule& module, const VerifyExpectation& expectation,
                  VerifyReport& report);

}  // namespace kmpack
