#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "package/deb.hpp"
#include "sys/files.hpp"

// bench_emit_deb TREE OUT THREADS: packs every file of TREE as one deb, by kmpack's writer and by nothing else of it, and prints
// the microseconds that took: kmpack itself starts once for all packages. A tree with usr/lib/debug becomes a package of debug
// symbols.
namespace kmpack {
namespace {

namespace fs = std::filesystem;

void pack(const fs::path& tree, const fs::path& output, unsigned threads) {
  PackageModel model;
  model.name = "bench-modules";
  model.version = "1.0";
  model.release = "1";
  model.arch = "amd64";
  model.summary = "Modules of a benchmark";
  model.maintainer = {.name = "Bench", .mail = "bench@example.org"};
  model.epoch = 1700000000;
  if (fs::exists(tree / "usr/lib/debug")) model.kind = PackageKind::debug_info;
  for (const TreeEntry& entry : walk(tree)) {
    if (entry.type == EntryType::file) model.files.push_back({.path = "/" / entry.relative, .source = tree / entry.relative});
  }
  write_deb(model, {}, output, threads, {});
}

}  // namespace
}  // namespace kmpack

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() != 3) return 2;
  try {
    const auto began = std::chrono::steady_clock::now();
    kmpack::pack(words[0], words[1], static_cast<unsigned>(std::stoi(words[2])));
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
    std::printf("%lld\n", static_cast<long long>(took.count()));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_emit_deb: %s\n", error.what());
    return 1;
  }
}
