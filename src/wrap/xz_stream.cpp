#include "wrap/xz_stream.hpp"

#include <lzma.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/owned.hpp"
#include "wrap/noise.hpp"

namespace kmpack {
namespace {

constexpr std::size_t kSlab = std::size_t{8} << 20U;
constexpr std::size_t kWindow = std::size_t{256} << 10U;
/// What is no longer is compressed by the preset as it is.
constexpr std::size_t kSmall = std::size_t{128} << 10U;
/// What is no longer one core does in some 50 ms. Cutting costs processor time, for the second piece learns the first, and a
/// percent of size (164 KB of modules: 24.4 KB in two, 24.1 in one).
constexpr std::size_t kUncut = std::size_t{256} << 10U;
constexpr std::uint32_t kDictionary = 8U << 20U;
constexpr lzma_check kCheck = LZMA_CHECK_CRC64;

std::uint8_t* as_bytes(std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); }
const std::uint8_t* as_bytes(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

void expect(lzma_ret status, lzma_ret wanted = LZMA_OK) {
  if (status == LZMA_MEM_ERROR) throw std::bad_alloc();
  KMPACK_ASSERT(status == wanted);
}

lzma_options_lzma options_of(XzEffort effort, std::size_t dictionary) {
  lzma_options_lzma options{};
  KMPACK_ASSERT(!lzma_lzma_preset(&options, effort.level));
  options.dict_size = static_cast<std::uint32_t>(std::clamp<std::size_t>(dictionary, LZMA_DICT_SIZE_MIN, kDictionary));
  if (effort.content == XzContent::relocations) {
    // Entries of three words of eight bytes, each nearly the one before.
    options.mode = LZMA_MODE_FAST;
    options.mf = LZMA_MF_HC3;
    options.depth = 8;
    options.nice_len = 64;
    options.lc = 0;
    options.lp = 3;
    options.pb = 3;
    return options;
  }
  if (dictionary <= kSmall) return options;
  // Objects are full of words of eight bytes: 0.4 to 1.5 % smaller than with the preset's 2 (measured on modules).
  options.pb = 3;
  // That pays for cutting, and for not looking quite as long for a match as the preset does, which saves a tenth of the time.
  options.nice_len = std::max<std::uint32_t>(options.nice_len * 3 / 4, 2);
  return options;
}

struct Piece {
  std::string_view before;  ///< the dictionary
  std::string_view text;
  bool noise = false;
  std::string packed = {};
  bool failed = false;
};

/// Chunks of LZMA2 that hold their bytes as they are. The next chunk that does not says its options and begins anew.
void store(Piece& piece) {
  constexpr std::size_t kChunk = std::size_t{64} << 10U;
  // 1 forgets the dictionary, which the first chunk of a block has to.
  char control = piece.before.empty() ? '\1' : '\2';
  for (std::string_view left = piece.text; !left.empty(); left.remove_prefix(std::min(kChunk, left.size()))) {
    const std::string_view chunk = left.substr(0, kChunk);
    const std::size_t size = chunk.size() - 1;
    piece.packed += {control, static_cast<char>(size >> 8U & 0xffU), static_cast<char>(size & 0xffU)};
    piece.packed += chunk;
    control = '\2';
  }
}

void compress(Piece& piece, XzEffort effort) {
  if (piece.noise) return store(piece);
  lzma_options_lzma options = options_of(effort, piece.before.size() + piece.text.size());
  options.preset_dict = piece.before.empty() ? nullptr : as_bytes(piece.before);
  options.preset_dict_size = static_cast<std::uint32_t>(piece.before.size());
  const std::array<lzma_filter, 2> filters{lzma_filter{LZMA_FILTER_LZMA2, &options}, lzma_filter{LZMA_VLI_UNKNOWN, nullptr}};
  lzma_stream stream = LZMA_STREAM_INIT;
  const Owned<lzma_stream, lzma_end> end(&stream);
  expect(lzma_raw_encoder(&stream, filters.data()));
  piece.packed.resize(lzma_stream_buffer_bound(piece.text.size()));
  stream.next_in = as_bytes(piece.text);
  stream.avail_in = piece.text.size();
  stream.next_out = as_bytes(piece.packed);
  stream.avail_out = piece.packed.size();
  expect(lzma_code(&stream, LZMA_FINISH), LZMA_STREAM_END);
  // Without LZMA2's end mark: the next piece goes on.
  piece.packed.resize(piece.packed.size() - stream.avail_out - 1);
}

void compress_all(std::vector<Piece>& pieces, XzEffort effort, unsigned threads) {
  std::atomic<std::size_t> next{0};
  const auto work = [&]() noexcept {
    for (std::size_t at = next++; at < pieces.size(); at = next++) {
      try {
        compress(pieces[at], effort);
      } catch (const std::bad_alloc&) {
        pieces[at].failed = true;
      }
    }
  };
  {
    std::vector<std::jthread> others;
    const std::size_t wanted = std::min<std::size_t>(std::max(threads, 1U), pieces.size());
    try {
      for (std::size_t number = 1; number < wanted; ++number) others.emplace_back(work);
    } catch (const std::system_error&) {
      // No more threads are to be had: those that run do it all.
    }
    work();
  }
  if (std::ranges::any_of(pieces, &Piece::failed)) throw std::bad_alloc();
}

/// Lengths of the pieces that `size` bytes are cut into: two, for each further one costs a percent of size. The first has no
/// dictionary to learn and gets more: learning a byte takes about half of the time that packing one takes.
std::vector<std::size_t> cut(std::size_t size, XzContent content) {
  if (size <= kUncut || content == XzContent::relocations) return {size};
  const std::size_t other = (size - std::min(kWindow, size / 2) / 2) / 2;
  return {size - other, other};
}

/// What lies behind `behind` bytes that are known, in pieces; all but the noise with what lies before as its dictionary.
std::vector<Piece> pieces_of(std::string_view all, std::size_t behind, XzContent content) {
  std::vector<Piece> pieces;
  std::size_t at = behind;
  const auto add = [&](std::size_t length, bool noise) {
    // Little text wins little from much that it would have to learn.
    const std::size_t window = std::min({kWindow, at, 8 * length});
    pieces.push_back({.before = all.substr(at - window, window), .text = all.substr(at, length), .noise = noise});
    at += length;
  };
  for (const NoiseRun& run : noise_runs(all.substr(behind))) {
    if (run.noise) {
      add(run.size, true);
      continue;
    }
    for (const std::size_t length : cut(run.size, content)) add(length, false);
  }
  return pieces;
}

}  // namespace

XzStream::XzStream(XzEffort effort, unsigned threads, Take take) : effort_(effort), threads_(threads), take_(std::move(take)) {}

void XzStream::put(std::string_view bytes) {
  packed_ += bytes.size();
  take_(bytes);
}

void XzStream::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t room = kSlab - (waiting_.size() - behind_);
    const std::string_view part = bytes.substr(0, room);
    waiting_ += part;
    bytes.remove_prefix(part.size());
    if (part.size() == room) flush_pieces();
  }
}

void XzStream::flush_pieces() {
  if (head_ == 0) {
    lzma_options_lzma options = options_of(effort_, kDictionary);
    std::array<lzma_filter, 2> filters{lzma_filter{LZMA_FILTER_LZMA2, &options}, lzma_filter{LZMA_VLI_UNKNOWN, nullptr}};
    lzma_block block{};
    block.check = kCheck;
    block.compressed_size = LZMA_VLI_UNKNOWN;
    block.uncompressed_size = LZMA_VLI_UNKNOWN;
    block.filters = filters.data();
    lzma_stream_flags flags{};
    flags.check = kCheck;
    std::string head(LZMA_STREAM_HEADER_SIZE, '\0');
    expect(lzma_stream_header_encode(&flags, as_bytes(head)));
    take_(head);
    expect(lzma_block_header_size(&block));
    head.resize(block.header_size);
    expect(lzma_block_header_encode(&block, as_bytes(head)));
    take_(head);
    head_ = block.header_size;
  }
  const std::string_view all = waiting_;
  const std::string_view text = all.substr(behind_);
  std::vector<Piece> pieces = pieces_of(all, behind_, effort_.content);
  compress_all(pieces, effort_, threads_);
  for (const Piece& piece : pieces) put(piece.packed);
  check_ = lzma_crc64(as_bytes(text), text.size(), check_);
  unpacked_ += text.size();
  behind_ = std::min(kWindow, waiting_.size());
  waiting_.erase(0, waiting_.size() - behind_);
}

void XzStream::finish() {
  if (waiting_.size() > behind_ || head_ == 0) flush_pieces();
  put(std::string_view("\0", 1));
  const std::uint64_t unpadded = head_ + packed_ + lzma_check_size(kCheck);
  std::string tail((4 - packed_ % 4) % 4, '\0');
  for (unsigned shift = 0; shift < 64; shift += 8) tail += static_cast<char>(check_ >> shift & 0xffU);
  take_(tail);
  const Owned<lzma_index, [](lzma_index* index) { lzma_index_end(index, nullptr); }> index(lzma_index_init(nullptr));
  if (!index) throw std::bad_alloc();
  expect(lzma_index_append(index.get(), nullptr, unpadded, unpacked_));
  lzma_stream_flags flags{};
  flags.check = kCheck;
  flags.backward_size = lzma_index_size(index.get());
  std::string foot(flags.backward_size, '\0');
  std::size_t used = 0;
  expect(lzma_index_buffer_encode(index.get(), as_bytes(foot), &used, foot.size()));
  take_(foot);
  foot.resize(LZMA_STREAM_HEADER_SIZE);
  expect(lzma_stream_footer_encode(&flags, as_bytes(foot)));
  take_(foot);
}

}  // namespace kmpack
