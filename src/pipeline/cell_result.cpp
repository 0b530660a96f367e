#include "pipeline/cell_result.hpp"

#include <utility>

#include "build/build.hpp"
#include "pipeline/result_key.hpp"
#include "sign/strip.hpp"
#include "sys/confine.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

BuildRecord compile(const CellWork& work, const fs::path& scratch) {
  const Workshop& workshop = work.workshop;
  BuildSettings settings{.directory = scratch,
                         .log = work.log(),
                         .compiler = workshop.request.compiler,
                         .limit = workshop.request.build_limit,
                         .probes = workshop.probes.get(),
                         .workspace = workshop.workspace.directory()};
  for (const BuiltDependency& dependency : work.dependencies) {
    const Manifest& manifest = *dependency.cell.manifest;
    settings.symbols.push_back({.file = dependency.symvers,
                                .name = manifest.dkms ? manifest.dkms->name : manifest.name.str(),
                                .version = manifest.dkms ? manifest.dkms->version : manifest.version,
                                .source = manifest.source,
                                .place = dependency.cell.source_place()});
  }
  return build_modules(work.cell, work.headers, settings, workshop.jobserver, workshop.runner, work.stop);
}

}  // namespace

std::string result_key(const CellWork& work) {
  Workshop& workshop = work.workshop;
  const std::string compiler = workshop.compiler_digest_of(work.headers);
  if (compiler.empty()) return {};
  return result_key(work.cell, work.headers,
                    {.source = workshop.manifest_digests.at(work.cell.manifest.get()),
                     .compiler = compiler,
                     .confined = !runs_foreign_text(*work.cell.manifest) || is_confining(workshop.runner, work.stop),
                     .dependencies = work.dependencies,
                     .workspace = workshop.workspace.directory()});
}

std::optional<BuildResult> take_result(const CellWork& work, const std::string& key, const fs::path& scratch, Outcome& outcome) {
  if (key.empty()) return std::nullopt;
  std::optional<BuildResult> result = work.workshop.results->take(key, scratch / "result", outcome.problems, work.stop);
  if (!result) return std::nullopt;
  for (Diagnostic& warning : result->warnings) {
    // Where the manifest lies is not kept, and lines may have moved.
    if (warning.where) warning.where = SourceSpan{work.cell.manifest->file, 0, 0};
  }
  write_file(work.log(), read_file(result->log));
  return result;
}

void keep_result(const CellWork& work, const std::string& key, const BuildResult& built, Outcome& outcome) {
  if (key.empty()) return;
  if (auto problem = work.workshop.results->keep(key, built, packed_sources(work.cell, built.source), work.stop))
    outcome.problems.push_back(*std::move(problem));
}

BuildResult make_result(const CellWork& work, const fs::path& scratch) {
  BuildRecord built = compile(work, scratch);
  BuildResult result{.modules = {},
                     .source = std::move(built.source),
                     .symvers = std::move(built.symvers),
                     .log = std::move(built.log),
                     .wall = built.wall,
                     .warnings = std::move(built.warnings),
                     .copied = std::move(built.copied)};
  for (const BuiltModule& module : built.modules) {
    result.modules.push_back(strip_module(module, work.headers, scratch / "stripped", work.workshop.runner, work.stop));
  }
  return result;
}

}  // namespace kmpack
