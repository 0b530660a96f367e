#include "wrap/compress.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <lzma.h>

#include <array>
#include <cerrno>
#include <exception>
#include <new>

#include "base/assert.hpp"
#include "base/owned.hpp"
#include "kmpack/diagnostic.hpp"

namespace kmpack {
namespace {

using Reader = Owned<archive, archive_read_free>;
using Writer = Owned<archive, archive_write_free>;
using Entry = Owned<archive_entry, archive_entry_free>;

constexpr std::uint32_t kXzDictionary = 1U << 20U;
constexpr std::size_t kChunk = 256 * 1024;

std::string text_of(archive* handle) {
  const char* text = archive_error_string(handle);
  return text == nullptr ? "unknown reason" : text;
}

[[noreturn]] void throw_damaged(const std::string& why) {
  throw Error(Diagnostic{.code = "compressed-damaged",
                         .message = fmt::format("the compressed data cannot be read: {}", why),
                         .hint = "build or fetch the file again"});
}

std::string compress_xz(std::string_view bytes) {
  lzma_options_lzma options{};
  KMPACK_ASSERT(!lzma_lzma_preset(&options, LZMA_PRESET_DEFAULT));
  options.dict_size = kXzDictionary;
  const std::array<lzma_filter, 2> filters{lzma_filter{LZMA_FILTER_LZMA2, &options}, lzma_filter{LZMA_VLI_UNKNOWN, nullptr}};
  std::string out(lzma_stream_buffer_bound(bytes.size()), '\0');
  std::size_t used = 0;
  const lzma_ret status = lzma_stream_buffer_encode(const_cast<lzma_filter*>(filters.data()), LZMA_CHECK_CRC32, nullptr,
                                                    reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                                                    reinterpret_cast<std::uint8_t*>(out.data()), &used, out.size());
  if (status == LZMA_MEM_ERROR) throw std::bad_alloc();
  KMPACK_ASSERT(status == LZMA_OK);
  out.resize(used);
  return out;
}

la_ssize_t append(archive* handle, void* sink, const void* data, std::size_t size) noexcept {
  try {
    static_cast<std::string*>(sink)->append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
  } catch (const std::exception&) {
    archive_set_error(handle, ENOMEM, "out of memory");
    return ARCHIVE_FATAL;
  }
}

std::string compress_stream(std::string_view bytes, int (*add_filter)(archive*), const char* options) {
  const Writer writer(archive_write_new());
  const Entry entry(archive_entry_new());
  if (!writer || !entry) throw std::bad_alloc();
  archive* handle = writer.get();
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  std::string out;
  // In memory this fails for want of memory or for a bug, never for what the bytes are.
  const auto check = [handle](bool holds) {
    if (!holds && archive_errno(handle) == ENOMEM) throw std::bad_alloc();
    KMPACK_ASSERT(holds);
  };
  check(archive_write_set_format_raw(handle) == ARCHIVE_OK);
  check(add_filter(handle) == ARCHIVE_OK);
  check(archive_write_set_filter_option(handle, nullptr, options, nullptr) == ARCHIVE_OK);
  check(archive_write_set_bytes_per_block(handle, 0) == ARCHIVE_OK);
  check(archive_write_set_bytes_in_last_block(handle, 1) == ARCHIVE_OK);
  check(archive_write_open2(handle, &out, nullptr, append, nullptr, nullptr) == ARCHIVE_OK);
  check(archive_write_header(handle, entry.get()) == ARCHIVE_OK);
  check(archive_write_data(handle, bytes.data(), bytes.size()) == static_cast<la_ssize_t>(bytes.size()));
  check(archive_write_close(handle) == ARCHIVE_OK);
  return out;
}

}  // namespace

std::string compressed(std::string_view bytes, Compression compression) {
  switch (compression) {
    case Compression::none:
      return std::string(bytes);
    case Compression::gzip:
      return compress_stream(bytes, archive_write_add_filter_gzip, "timestamp");
    case Compression::xz:
      return compress_xz(bytes);
    case Compression::zstd:
      return compress_stream(bytes, archive_write_add_filter_zstd, nullptr);
  }
  return std::string(bytes);
}

Compression compression_of(std::string_view bytes) noexcept {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\x1f\x8b"sv)) return Compression::gzip;
  if (bytes.starts_with("\xfd"sv
                        "7zXZ\0"sv))
    return Compression::xz;
  if (bytes.starts_with("\x28\xb5\x2f\xfd"sv)) return Compression::zstd;
  return Compression::none;
}

std::string decompressed(std::string_view bytes, std::size_t limit) {
  const Compression compression = compression_of(bytes);
  if (compression == Compression::none) return std::string(bytes);
  const Reader reader(archive_read_new());
  if (!reader) throw std::bad_alloc();
  archive* handle = reader.get();
  // One filter only: nothing may be told to be of a kind that its first bytes do not say.
  const int filter = compression == Compression::gzip ? archive_read_support_filter_gzip(handle)
                     : compression == Compression::xz ? archive_read_support_filter_xz(handle)
                                                      : archive_read_support_filter_zstd(handle);
  if (filter != ARCHIVE_OK || archive_read_support_format_raw(handle) != ARCHIVE_OK ||
      archive_read_support_format_empty(handle) != ARCHIVE_OK ||
      archive_read_open_memory(handle, bytes.data(), bytes.size()) != ARCHIVE_OK)
    throw_damaged(text_of(handle));
  archive_entry* entry = nullptr;
  std::string out;
  const int first = archive_read_next_header(handle, &entry);
  if (first == ARCHIVE_EOF) return out;
  if (first != ARCHIVE_OK) throw_damaged(text_of(handle));
  while (true) {
    const std::size_t before = out.size();
    out.resize(before + kChunk);
    const la_ssize_t got = archive_read_data(handle, out.data() + before, kChunk);
    if (got < 0) throw_damaged(text_of(handle));
    out.resize(before + static_cast<std::size_t>(got));
    if (got == 0) return out;
    if (out.size() > limit)
      throw Error(Diagnostic{.code = "compressed-too-large",
                             .message = fmt::format("the compressed data unpack to more than {} bytes", limit),
                             .hint = "a module is never that large; do not trust the file"});
  }
}

std::string_view suffix_of(Compression compression) noexcept {
  switch (compression) {
    case Compression::none:
      return "";
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
