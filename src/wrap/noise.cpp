#include "wrap/noise.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace kmpack {
namespace {

constexpr std::size_t kBlock = 4096;
constexpr std::size_t kLeast = std::size_t{16} << 10U;

/// Sum of the squares of how often each byte is there: 69,600 in random bytes, 68,600 to 75,000 in what zlib or xz made, 400,000
/// and more in machine code and in modules (measured).
constexpr std::uint64_t kMostPairs = 80'000;

bool is_flat(std::string_view block) {
  std::array<std::uint32_t, 256> counts{};
  for (const char byte : block) ++counts[static_cast<unsigned char>(byte)];
  std::uint64_t pairs = 0;
  for (const std::uint64_t count : counts) pairs += count * count;
  return pairs < kMostPairs;
}

/// Remembers a few words of each block of noise, chosen by what they are: they are chosen again wherever they come again.
class Memory {
 public:
  /// Was much of this block there before? It is remembered as well.
  bool knows(std::string_view block) {
    std::size_t known = 0;
    for (std::size_t at = 0; at + sizeof(std::uint64_t) <= block.size(); ++at) {
      std::uint64_t word = 0;
      std::memcpy(&word, block.data() + at, sizeof(word));
      // Knuth's multiplicative hash: its upper bits hang on all of the word.
      const std::uint64_t mixed = word * 0x9e3779b97f4a7c15U;
      if (mixed >> 58U != 0) continue;
      std::uint64_t& slot = slots_[(mixed >> 44U) % kSlots];
      if (slot == mixed) ++known;
      slot = mixed;
    }
    return known >= kEnough;
  }

 private:
  static constexpr std::size_t kSlots = std::size_t{1} << 14U;
  static constexpr std::size_t kEnough = 16;  // of 64 that a block has on average

  std::vector<std::uint64_t> slots_ = std::vector<std::uint64_t>(kSlots);
};

void append(std::vector<NoiseRun>& runs, NoiseRun run) {
  if (runs.empty() || runs.back().noise != run.noise) {
    runs.push_back(run);
  } else {
    runs.back().size += run.size;
  }
}

}  // namespace

std::vector<NoiseRun> noise_runs(std::string_view bytes) {
  std::vector<NoiseRun> blocks;
  Memory memory;
  for (; bytes.size() >= kBlock; bytes.remove_prefix(kBlock)) {
    const std::string_view block = bytes.substr(0, kBlock);
    append(blocks, {.size = kBlock, .noise = is_flat(block) && !memory.knows(block)});
  }
  if (!bytes.empty()) append(blocks, {.size = bytes.size()});
  std::vector<NoiseRun> runs;
  for (const NoiseRun& run : blocks) append(runs, {.size = run.size, .noise = run.noise && run.size >= kLeast});
  return runs;
}

}  // namespace kmpack
