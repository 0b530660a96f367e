#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "kmpack/kernel.hpp"

namespace kmpack {

/// No module is larger; what would unpack to more is hostile.
inline constexpr std::size_t kLargestModule = std::size_t{1} << 30;

/// Compress in memory in the form a kernel can decompress; the same input gives the same bytes.
///
/// Shape:   gzip without name and time, xz with CRC32 check and a dictionary of 1 MiB, zstd at level 3 with its content size.
/// Source:  linux scripts/Makefile.modinst; lib/xz (knows no CRC64), kernel/module/decompress.c.
std::string compressed(std::string_view bytes, Compression compression);

/// What the first bytes say; Compression::none for anything else.
Compression compression_of(std::string_view bytes) noexcept;

/// Decompress whatever compression_of() tells; other bytes come back as they are.
///
/// Errors:  compressed-damaged (also when something follows the end), compressed-too-large beyond `limit`.
std::string decompressed(std::string_view bytes, std::size_t limit = kLargestModule);

/// ".gz", ".xz", ".zst" or "".
std::string_view suffix_of(Compression compression) noexcept;

}  // namespace kmpack
