#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace kmpack {

/// A part of some bytes.
struct NoiseRun {
  std::size_t size = 0;
  bool noise = false;  ///< no compressor makes it smaller: it is compressed already, or encrypted
};

/// Cut bytes where noise begins and ends, so that nobody spends time on what will not become smaller.
///
/// Shape:   the runs together are all of `bytes`, in order, noise and others in turn; from the bytes alone. Noise that was there
///          shortly before is none: it is found again.
/// Units:   bytes; a run of noise has at least 16 KiB.
/// Threads: safe from many.
std::vector<NoiseRun> noise_runs(std::string_view bytes);

}  // namespace kmpack
