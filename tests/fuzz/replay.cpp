// Runs every file below its arguments through a fuzzer's function, each also cut short and with single bytes changed.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "fuzz/fuzz.hpp"

namespace {

namespace fs = std::filesystem;

void feed(const std::string& text) {
  // A copy of exactly this size, so that the address sanitizer sees a read past its end.
  const std::vector<std::uint8_t> exact(text.begin(), text.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

void feed_variants(std::string text) {
  constexpr std::size_t kLargest = 16 * 1024;
  constexpr int kVariants = 40;
  if (text.size() > kLargest) text.resize(kLargest);
  feed(text);
  if (text.empty()) return;
  std::mt19937 random(static_cast<std::uint32_t>(text.size()));
  for (int i = 0; i < kVariants; ++i) {
    feed(text.substr(0, random() % text.size()));
    std::string changed = text;
    changed[random() % text.size()] = static_cast<char>(random() & 0xFFU);
    feed(changed);
    // A piece of the text twice: elements and attributes are repeated and nested.
    const std::size_t from = random() % text.size();
    feed(changed.insert(random() % text.size(), text.substr(from, random() % 200)));
  }
}

}  // namespace

int main(int count, char** arguments) {
  int files = 0;
  for (int i = 1; i < count; ++i) {
    if (!fs::exists(arguments[i])) continue;
    for (const auto& entry : fs::recursive_directory_iterator(arguments[i])) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      feed_variants(std::string(std::istreambuf_iterator<char>(in), {}));
      ++files;
    }
  }
  std::printf("%d files\n", files);
  // Without seeds nothing was tested.
  return files > 0 ? 0 : 1;
}
