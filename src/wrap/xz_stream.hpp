#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace kmpack {

/// What a stream is mostly: anything, or entries of relocations between what is compressed already. For those looking for the
/// best of all matches wins next to nothing.
enum class XzContent { any, relocations };

struct XzEffort {
  unsigned level = 6;  ///< one of xz's presets, 0 to 9
  XzContent content = XzContent::any;
};

/// Compresses a stream of any length to .xz, on two cores.
///
/// Shape:   one block of LZMA2 with a check of CRC64. Pieces are compressed apart, each with what lies before it as its
///          dictionary, so that little is lost where files repeat each other; where pieces begin follows from the bytes alone,
///          and the same bytes give the same bytes with any number of threads. What is compressed already is taken as it is.
///          Holds 8 MiB of what was added, and for each thread at most 50 MiB at level 6; what unpacks it needs a dictionary of 8
///          MiB, as with the xz program's default.
/// Errors:  what `take` throws. After an error the object can only be destroyed.
/// Threads: one object, one thread; `take` is called by that.
/// Source:  xz doc/xz-file-format.txt; liblzma lzma/lzma12.h (preset_dict, with LZMA2 a chunk without a reset of the dictionary);
///          xz src/liblzma/lzma/lzma2_decoder.c (chunks that are not compressed).
class XzStream {
 public:
  using Take = std::function<void(std::string_view)>;

  XzStream(XzEffort effort, unsigned threads, Take take);

  void add(std::string_view bytes);
  void finish();

 private:
  void flush_pieces();
  void put(std::string_view bytes);

  XzEffort effort_;
  unsigned threads_;
  Take take_;
  std::string waiting_;     ///< the dictionary, then what is not compressed yet
  std::size_t behind_ = 0;  ///< bytes of `waiting_` that are only dictionary
  std::uint64_t check_ = 0;
  std::uint64_t unpacked_ = 0;
  std::uint64_t packed_ = 0;  ///< bytes of the block's data
  std::uint32_t head_ = 0;    ///< bytes of the block's header
};

}  // namespace kmpack
