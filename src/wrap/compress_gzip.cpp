#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <new>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "base/owned.hpp"
#include "wrap/compress_codecs.hpp"

namespace kmpack::detail {
namespace {

// 15 bits of window, and 16 asks for gzip's header and its check of content and length.
constexpr int kGzipWindow = 15 + 16;
constexpr int kMemoryLevel = 8;
constexpr std::size_t kMost = std::numeric_limits<uInt>::max();

void feed(z_stream& stream, std::string_view& rest) {
  if (stream.avail_in != 0 || rest.empty()) return;
  const std::size_t size = std::min(rest.size(), kMost);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest.data()));
  stream.avail_in = static_cast<uInt>(size);
  rest.remove_prefix(size);
}

void drain_to(z_stream& stream, std::string& out, std::size_t used) {
  stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
  stream.avail_out = static_cast<uInt>(std::min(out.size() - used, kMost));
}

}  // namespace

std::string compress_gzip(std::string_view bytes) {
  z_stream stream{};
  // zlib's own header has neither name nor time, as gzip -n.
  const int status = deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY);
  if (status == Z_MEM_ERROR) throw std::bad_alloc();
  KMPACK_ASSERT(status == Z_OK);
  const Owned<z_stream, deflateEnd> end(&stream);
  std::string out;
  std::size_t used = 0;
  int step = Z_OK;
  while (step != Z_STREAM_END) {
    feed(stream, bytes);
    grow_output(out, used, std::numeric_limits<std::size_t>::max() / 4);
    drain_to(stream, out, used);
    const uInt room = stream.avail_out;
    step = deflate(&stream, bytes.empty() ? Z_FINISH : Z_NO_FLUSH);
    KMPACK_ASSERT(step == Z_OK || step == Z_STREAM_END || step == Z_BUF_ERROR);
    used += room - stream.avail_out;
  }
  out.resize(used);
  return out;
}

std::string decompress_gzip(std::string_view bytes, std::size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) throw std::bad_alloc();
  const Owned<z_stream, inflateEnd> end(&stream);
  std::string out;
  std::size_t used = 0;
  while (true) {
    feed(stream, bytes);
    grow_output(out, used, limit);
    drain_to(stream, out, used);
    const uInt room = stream.avail_out;
    const int step = inflate(&stream, Z_NO_FLUSH);
    used += room - stream.avail_out;
    if (step == Z_STREAM_END) break;
    if (step == Z_MEM_ERROR) throw std::bad_alloc();
    if (step != Z_OK) throw_damaged_compression(stream.msg != nullptr ? stream.msg : "the gzip data end too early");
  }
  if (stream.avail_in != 0 || !bytes.empty()) throw_damaged_compression("something follows the gzip data");
  if (used > limit) grow_output(out, used, limit);
  out.resize(used);
  return out;
}

}  // namespace kmpack::detail
