#include <zstd.h>

#include <cstddef>
#include <new>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "base/owned.hpp"
#include "wrap/compress_codecs.hpp"

namespace kmpack::detail {
namespace {

using Packer = Owned<ZSTD_CCtx, ZSTD_freeCCtx>;
using Unpacker = Owned<ZSTD_DCtx, ZSTD_freeDCtx>;

// The default of the zstd program, which kbuild runs without a level.
constexpr int kLevel = 3;

}  // namespace

std::string compress_zstd(std::string_view bytes) {
  const Packer packer(ZSTD_createCCtx());
  if (!packer) throw std::bad_alloc();
  KMPACK_ASSERT(ZSTD_isError(ZSTD_CCtx_setParameter(packer.get(), ZSTD_c_compressionLevel, kLevel)) == 0);
  KMPACK_ASSERT(ZSTD_isError(ZSTD_CCtx_setParameter(packer.get(), ZSTD_c_checksumFlag, 1)) == 0);
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t used = ZSTD_compress2(packer.get(), out.data(), out.size(), bytes.data(), bytes.size());
  // In memory and with room enough it fails for want of memory only.
  if (ZSTD_isError(used) != 0) throw std::bad_alloc();
  out.resize(used);
  return out;
}

std::string decompress_zstd(std::string_view bytes, std::size_t limit) {
  const Unpacker unpacker(ZSTD_createDCtx());
  if (!unpacker) throw std::bad_alloc();
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  std::string out;
  std::size_t used = 0;
  std::size_t left = 1;
  while (left != 0 || input.pos < input.size) {
    grow_output(out, used, limit);
    ZSTD_outBuffer output{out.data() + used, out.size() - used, 0};
    const std::size_t before = input.pos;
    left = ZSTD_decompressStream(unpacker.get(), &output, &input);
    if (ZSTD_isError(left) != 0) throw_damaged_compression(ZSTD_getErrorName(left));
    used += output.pos;
    if (left != 0 && input.pos == before && output.pos == 0) throw_damaged_compression("the zstd data end too early");
  }
  if (used > limit) grow_output(out, used, limit);
  out.resize(used);
  return out;
}

}  // namespace kmpack::detail
