#include <lzma.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "base/owned.hpp"
#include "wrap/compress_codecs.hpp"

namespace kmpack::detail {
namespace {

// What the kernel's own decompressor is configured for (scripts/Makefile.modinst).
constexpr std::uint32_t kDictionary = 1U << 20U;
// The largest preset's decoder needs 65 MiB.
constexpr std::uint64_t kMemory = 256ULL << 20U;

const std::uint8_t* as_bytes(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

}  // namespace

std::string compress_xz(std::string_view bytes) {
  lzma_options_lzma options{};
  KMPACK_ASSERT(!lzma_lzma_preset(&options, LZMA_PRESET_DEFAULT));
  options.dict_size = kDictionary;
  std::array<lzma_filter, 2> filters{lzma_filter{LZMA_FILTER_LZMA2, &options}, lzma_filter{LZMA_VLI_UNKNOWN, nullptr}};
  std::string out(lzma_stream_buffer_bound(bytes.size()), '\0');
  lzma_stream stream = LZMA_STREAM_INIT;
  const Owned<lzma_stream, lzma_end> end(&stream);
  // As the xz program: lzma_stream_buffer_encode() would write sizes into the block's header, too, and a distribution's build of
  // the same module would differ from ours.
  const lzma_ret begun = lzma_stream_encoder(&stream, filters.data(), LZMA_CHECK_CRC32);
  if (begun == LZMA_MEM_ERROR) throw std::bad_alloc();
  KMPACK_ASSERT(begun == LZMA_OK);
  stream.next_in = as_bytes(bytes);
  stream.avail_in = bytes.size();
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = out.size();
  const lzma_ret status = lzma_code(&stream, LZMA_FINISH);
  if (status == LZMA_MEM_ERROR) throw std::bad_alloc();
  KMPACK_ASSERT(status == LZMA_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  return out;
}

std::string decompress_xz(std::string_view bytes, std::size_t limit) {
  lzma_stream stream = LZMA_STREAM_INIT;
  const Owned<lzma_stream, lzma_end> end(&stream);
  if (lzma_stream_decoder(&stream, kMemory, LZMA_CONCATENATED) != LZMA_OK) throw std::bad_alloc();
  stream.next_in = as_bytes(bytes);
  stream.avail_in = bytes.size();
  std::string out;
  std::size_t used = 0;
  while (true) {
    grow_output(out, used, limit);
    stream.next_out = reinterpret_cast<std::uint8_t*>(out.data() + used);
    stream.avail_out = out.size() - used;
    const lzma_ret step = lzma_code(&stream, LZMA_FINISH);
    used = out.size() - stream.avail_out;
    if (step == LZMA_STREAM_END) break;
    if (step == LZMA_MEM_ERROR) throw std::bad_alloc();
    if (step == LZMA_BUF_ERROR) throw_damaged_compression("the xz data end too early");
    if (step != LZMA_OK) throw_damaged_compression("the xz data are damaged");
  }
  if (used > limit) grow_output(out, used, limit);
  out.resize(used);
  return out;
}

}  // namespace kmpack::detail
