#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Private to src/wrap: one file per codec, compress.cpp chooses.
namespace kmpack::detail {

std::string compress_gzip(std::string_view bytes);
std::string compress_xz(std::string_view bytes);
std::string compress_zstd(std::string_view bytes);
std::string decompress_gzip(std::string_view bytes, std::size_t limit);
std::string decompress_xz(std::string_view bytes, std::size_t limit);
std::string decompress_zstd(std::string_view bytes, std::size_t limit);

[[noreturn]] void throw_damaged_compression(std::string_view why);
/// Makes room for one more chunk behind the `used` bytes of `out`. Errors: compressed-too-large once they are more than the
/// limit.
void grow_output(std::string& out, std::size_t used, std::size_t limit);

}  // namespace kmpack::detail
