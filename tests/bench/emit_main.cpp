#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "package/rpm.hpp"
#include "package/rpm_child.hpp"
#include "package/scripts.hpp"
#include "sys/data.hpp"
#include "sys/files.hpp"

// bench_emit MODULES COUNT OUT TEMPLATES: packs COUNT packages, each with every file of MODULES/<number>/, by kmpack's writer and
// by nothing else of it. `internal rpmbuild …` is its child, as kmpack's own is.
namespace kmpack {
namespace {

namespace fs = std::filesystem;

RpmPart part_of(const fs::path& modules, int number) {
  RpmPart part;
  PackageModel& model = part.model;
  model.format = Format::rpm;
  model.name = "kmod-bench-" + std::to_string(number);
  model.version = "1.0";
  model.release = "1";
  model.arch = "x86_64";
  model.summary = "Modules of a benchmark";
  model.description = "Modules.";
  model.license = "GPL-2.0-only";
  model.change = "Packed.";
  model.maintainer = {.name = "Bench", .mail = "bench@example.org"};
  model.epoch = 1700000000;
  const fs::path target = "/lib/modules/6.1.0-" + std::to_string(number) + "/updates";
  const fs::path source = modules / std::to_string(number);
  for (const TreeEntry& entry : walk(source))
    model.files.push_back({.path = target / entry.relative, .kind = FileKind::module, .source = source / entry.relative});
  return part;
}

int pack(std::span<const std::string> words) {
  std::vector<RpmPart> parts;
  for (int number = 1; number <= std::stoi(words[1]); ++number) parts.push_back(part_of(words[0], number));
  const SpecHead head{.name = "bench-kmod",
                      .version = "1.0",
                      .release = "1",
                      .summary = "Modules of a benchmark",
                      .license = "GPL-2.0-only",
                      .packager = "Bench <bench@example.org>",
                      .description = "Modules.",
                      .change = "Packed.",
                      .epoch = 1700000000};
  ProcessRunner runner;
  const TempDir scratch;
  write_rpms(head, parts, Templates({words[3]}), words[2], scratch.path(), executable_path(), runner, {});
  return 0;
}

}  // namespace
}  // namespace kmpack

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() > 1 && words[0] == "internal") return kmpack::run_rpm_child(std::span(words).subspan(2));
  if (words.size() != 4) return 2;
  try {
    return kmpack::pack(words);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_emit: %s\n", error.what());
    return 1;
  }
}
