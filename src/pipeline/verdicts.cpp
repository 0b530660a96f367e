#include "pipeline/verdicts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "build/compiler_identity.hpp"
#include "cache/result_cache.hpp"
#include "headers/store.hpp"
#include "pipeline/inputs.hpp"
#include "pipeline/record.hpp"
#include "pipeline/result_key.hpp"
#include "pipeline/workspace.hpp"
#include "sign/key.hpp"
#include "sys/confine.hpp"
#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::string_view kNotBuilt = "not built yet";

/// One look instead of one for each cell of a plan.
CellKeys keys_in(const fs::path& workspace) {
  CellKeys keys;
  std::error_code absent;
  for (const fs::directory_entry& entry : fs::directory_iterator(workspace / "cells", absent)) {
    keys.insert(entry.path().filename().string());
  }
  return keys;
}

/// Is there any cache of results with something in it?
bool has_results(const VerdictParts& parts) {
  const auto has = [](const fs::path& cache) { return fs::is_directory(cache / "results" / "entries"); };
  return has(parts.sources.cache) || std::ranges::any_of(parts.request.places.caches_readonly, has);
}

class Judge {
 public:
  Judge(std::vector<Cell>& cells, const CellNeeds& needs, const VerdictParts& parts)
      : cells_(cells),
        needs_(needs),
        parts_(parts),
        workspace_(fs::absolute(parts.request.places.workspace)),
        keys_(keys_in(workspace_)),
        older_(workspace_, keys_),
        compilers_(parts.context.runner, parts.sources.cache / "compilers"),
        results_(parts.sources.cache, parts.request.places.caches_readonly, parts.request.cache_limit.value_or(kUsualCacheLimit)),
        has_results_(has_results(parts)) {}

  Verdicts judge();

 private:
  void judge(std::size_t number);
  void judge_recorded(std::size_t number, const fs::path& file);
  void ask_results(std::size_t number);
  void ask_older_builds(std::size_t number);
  bool has_headers_of(const Kernel& kernel);
  const ManifestDigests& digests_of(const Manifest& manifest);
  std::optional<std::vector<BuiltDependency>> dependencies_of(std::size_t number) const;

  std::vector<Cell>& cells_;
  const CellNeeds& needs_;
  const VerdictParts& parts_;
  fs::path workspace_;
  CellKeys keys_;
  OlderBuildSearch older_;
  std::string certificate_;
  std::set<std::size_t> needed_;  ///< cells whose symbols others need
  CompilerIdentities compilers_;
  ResultCache results_;
  bool has_results_;
  std::map<const Manifest*, ManifestDigests> digests_;
  std::map<const Kernel*, bool> has_headers_;
  std::map<std::size_t, CellRecord> records_;
  Verdicts verdicts_;
};

Verdicts Judge::judge() {
  if (keys_.empty() && !has_results_) {
    for (Cell& cell : cells_) {
      if (cell.verdict == Verdict::build && cell.reason.empty()) cell.reason = kNotBuilt;
    }
    return {};
  }
  if (parts_.request.key) certificate_ = sha256_of(Certificate::load(parts_.request.key->certificate).der());
  for (const auto& needs : needs_) {
    for (const CellNeed& need : needs) {
      if (need.cell) needed_.insert(*need.cell);
    }
  }
  for (const std::size_t number : in_order(needs_)) {
    if (cells_[number].verdict == Verdict::build) judge(number);
  }
  return std::move(verdicts_);
}

void Judge::judge(std::size_t number) {
  Cell& cell = cells_[number];
  // A dkms.conf that waits for its kernel's headers has said so already.
  if (!cell.reason.empty()) return;
  cell.reason = kNotBuilt;
  if (keys_.contains(cell.key())) judge_recorded(number, record_file(workspace_, cell));
  if (cell.verdict == Verdict::build && has_results_) ask_results(number);
  if (cell.verdict == Verdict::build && cell.reason == kNotBuilt) ask_older_builds(number);
}

/// A reason is found wherever there is a record of this kernel's own build.
void Judge::judge_recorded(std::size_t number, const fs::path& file) {
  Cell& cell = cells_[number];
  auto record = find_record(file);
  if (!record) {
    if (fs::exists(file)) cell.reason = "the record of its build is damaged, or of another kmpack";
    return;
  }
  if (!record->reused_from.empty()) return;
  if (!has_headers_of(*cell.kernel)) {
    cell.reason = "the kernel's headers are not here any more";
    return;
  }
  const auto dependencies = dependencies_of(number);
  if (!dependencies) {
    cell.reason = "a package it needs is built anew";
    return;
  }
  const HeaderTree& headers = parts_.headers.of(*cell.kernel);
  const InputParts now =
      cell_parts(cell, headers,
                 {.manifest = digests_of(*cell.manifest),
                  .compiler = compilers_.of(headers, parts_.request.compiler, parts_.context.stop),
                  .certificate = certificate_,
                  .package_key = parts_.package_key == nullptr ? std::string() : parts_.package_key->fingerprint,
                  .formats = parts_.request.formats,
                  .dependencies = *dependencies,
                  .workspace = workspace_});
  cell.reason = changes_between(record->parts, now);
  if (!cell.reason.empty()) return;
  if (!is_whole(*record)) {
    cell.reason = "what it left in the workspace is gone or changed";
    return;
  }
  cell.verdict = Verdict::cached;
  cell.reason = "nothing changed since it was built";
  records_.emplace(number, *std::move(record));
  verdicts_.kept.insert(number);
}

/// What was compiled before, here or by who shares the cache, has only to be packed.
void Judge::ask_results(std::size_t number) {
  Cell& cell = cells_[number];
  if (!has_headers_of(*cell.kernel)) return;
  const auto dependencies = dependencies_of(number);
  if (!dependencies) return;
  const HeaderTree& headers = parts_.headers.of(*cell.kernel);
  const std::string compiler = compilers_.of(headers, parts_.request.compiler, parts_.context.stop);
  if (compiler.empty()) return;
  const bool confined = !runs_foreign_text(*cell.manifest) || is_confining(parts_.context.runner, parts_.context.stop);
  const std::string key = result_key(cell, headers,
                                     {.source = digests_of(*cell.manifest),
                                      .compiler = compiler,
                                      .confined = confined,
                                      .dependencies = *dependencies,
                                      .workspace = workspace_});
  if (!results_.has(key)) return;
  cell.verdict = Verdict::cached;
  cell.reason = "compiled before with the same inputs; is packed again" +
                (cell.reason == kNotBuilt ? std::string() : fmt::format(" ({})", cell.reason));
}

/// Cells that need others, or that others need, are built: their symbols have to be this kernel's.
void Judge::ask_older_builds(std::size_t number) {
  Cell& cell = cells_[number];
  if (!needs_[number].empty() || needed_.contains(number)) return;
  if (!older_.has_any(cell) || !has_headers_of(*cell.kernel)) return;
  OlderBuilds older = older_.of(cell, parts_.headers.of(*cell.kernel), digests_of(*cell.manifest));
  if (!older.refused.empty()) cell.reason = older.refused;
  if (!older.loads) return;
  cell.verdict = Verdict::compatible;
  cell.reason = older.loads->reason;
  verdicts_.compatible.emplace(number, *std::move(older.loads));
}

bool Judge::has_headers_of(const Kernel& kernel) {
  const auto [known, is_new] = has_headers_.try_emplace(&kernel);
  if (is_new) known->second = has_headers(parts_.sources, kernel);
  return known->second;
}

const ManifestDigests& Judge::digests_of(const Manifest& manifest) {
  const auto [known, is_new] = digests_.try_emplace(&manifest);
  if (is_new) known->second = manifest_inputs(manifest, workspace_);
  return known->second;
}

/// Nothing when one of them is not there yet.
std::optional<std::vector<BuiltDependency>> Judge::dependencies_of(std::size_t number) const {
  std::vector<BuiltDependency> dependencies;
  for (const CellNeed& need : needs_[number]) {
    if (!need.cell || !records_.contains(*need.cell)) return std::nullopt;
    const CellRecord& record = records_.at(*need.cell);
    dependencies.push_back(built_dependency(cells_[*need.cell], record.symvers, record.modules));
  }
  return dependencies;
}

}  // namespace

Verdicts give_verdicts(std::vector<Cell>& cells, const CellNeeds& needs, const VerdictParts& parts) {
  return Judge(cells, needs, parts).judge();
}

std::map<std::string, CompatibleBuild> reusable_builds(std::vector<Cell> cells, const CellNeeds& needs,
                                                       const VerdictParts& parts) {
  Verdicts verdicts = give_verdicts(cells, needs, parts);
  std::set<std::string> replaced;
  for (std::size_t number = 0; number < cells.size(); ++number) {
    if (!verdicts.kept.contains(number)) replaced.insert(cells[number].key());
  }
  std::map<std::string, CompatibleBuild> builds;
  for (auto& [number, build] : verdicts.compatible) {
    // Modules come from the cache of results, whatever becomes of their own cell; packages to be linked lie in its place.
    if (replaced.contains(build.key) && linker_of_modules(cells[number], parts.request.formats)) continue;
    builds.emplace(cells[number].key(), std::move(build));
  }
  return builds;
}

}  // namespace kmpack
