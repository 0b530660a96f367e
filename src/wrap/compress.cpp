#include "wrap/compress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "kmpack/diagnostic.hpp"
#include "wrap/compress_codecs.hpp"

namespace kmpack {
namespace detail {

void throw_damaged_compression(std::string_view why) {
  throw Error(Diagnostic{.code = "compressed-damaged",
                         .message = fmt::format("the compressed data cannot be read: {}", why),
                         .hint = "build or fetch the file again"});
}

void grow_output(std::string& out, std::size_t used, std::size_t limit) {
  static constexpr std::size_t kChunk = std::size_t{256} * 1024;
  if (used > limit)
    throw Error(Diagnostic{.code = "compressed-too-large",
                           .message = fmt::format("the compressed data unpack to more than {} bytes", limit),
                           .hint = "a module is never that large; do not trust the file"});
  // Doubling keeps the copies few; a chunk beyond the limit is all a bomb ever gets.
  out.resize(used + std::max(kChunk, std::min(used, limit + kChunk - used)));
}

}  // namespace detail

std::string compressed(std::string_view bytes, Compression compression) {
  switch (compression) {
    case Compression::none:
      break;
    case Compression::gzip:
      return detail::compress_gzip(bytes);
    case Compression::xz:
      return detail::compress_xz(bytes);
    case Compression::zstd:
      return detail::compress_zstd(bytes);
  }
  return std::string(bytes);
}

Compression compression_of(std::string_view bytes) noexcept {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\x1f\x8b"sv)) return Compression::gzip;
  if (bytes.starts_with("\xfd"
                        "7zXZ\0"sv))
    return Compression::xz;
  if (bytes.starts_with("\x28\xb5\x2f\xfd"sv)) return Compression::zstd;
  return Compression::none;
}

std::string decompressed(std::string_view bytes, std::size_t limit) {
  switch (compression_of(bytes)) {
    case Compression::none:
      break;
    case Compression::gzip:
      return detail::decompress_gzip(bytes, limit);
    case Compression::xz:
      return detail::decompress_xz(bytes, limit);
    case Compression::zstd:
      return detail::decompress_zstd(bytes, limit);
  }
  return std::string(bytes);
}

std::string_view suffix_of(Compression compression) noexcept {
  switch (compression) {
    case Compression::none:
      break;
    case Compression::gzip:
      return ".gz";
    case Compression::xz:
      return ".xz";
    case Compression::zstd:
      return ".zst";
  }
  return "";
}

}  // namespace kmpack
