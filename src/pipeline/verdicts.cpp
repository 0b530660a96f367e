#include "pipeline/verdicts.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

#include "headers/store.hpp"
#include "pipeline/compiler_digests.hpp"
#include "pipeline/inputs.hpp"
#include "pipeline/record.hpp"
#include "pipeline/workspace.hpp"
#include "sign/key.hpp"
#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// The cells that a workspace has a directory for, by their keys; one look instead of one for each cell of a plan.
std::set<std::string, std::less<>> keys_in(const fs::path& workspace) {
  std::set<std::string, std::less<>> keys;
  std::error_code absent;
  for (const fs::directory_entry& entry : fs::directory_iterator(workspace / "cells", absent)) {
    keys.insert(entry.path().filename().string());
  }
  return keys;
}

/// The digest of each manifest that is asked for, read once.
class DigestsOfManifests {
 public:
  explicit DigestsOfManifests(const fs::path& workspace) : workspace_(workspace) {}
  const ManifestDigests& of(const Manifest& manifest) {
    const auto [known, is_new] = digests_.try_emplace(&manifest);
    if (is_new) known->second = manifest_inputs(manifest, workspace_);
    return known->second;
  }

 private:
  const fs::path& workspace_;
  std::map<const Manifest*, ManifestDigests> digests_;
};

/// Nothing when one of them is not there yet.
std::optional<std::vector<BuiltDependency>> recorded_dependencies(std::span<const CellNeed> needs, std::span<const Cell> cells,
                                                                  const std::map<std::size_t, CellRecord>& records) {
  std::vector<BuiltDependency> dependencies;
  for (const CellNeed& need : needs) {
    if (!need.cell || !records.contains(*need.cell)) return std::nullopt;
    const CellRecord& record = records.at(*need.cell);
    dependencies.push_back(built_dependency(cells[*need.cell], record.symvers, record.modules));
  }
  return dependencies;
}

}  // namespace

void give_verdicts(std::vector<Cell>& cells, const CellNeeds& needs, const VerdictParts& parts) {
  const fs::path workspace = fs::absolute(parts.request.places.workspace);
  const auto known = keys_in(workspace);
  if (known.empty()) return;
  const std::string certificate =
      parts.request.key ? sha256_of(Certificate::load(parts.request.key->certificate).der()) : std::string();
  DigestsOfManifests manifests(workspace);
  CompilerDigests compilers;
  std::map<std::size_t, CellRecord> records;
  CellTurns turns(needs);
  for (auto turn = turns.next({}); turn; turn = turns.next({})) {
    turns.finished(*turn);
    Cell& cell = cells[*turn];
    if (cell.verdict != Verdict::build || !known.contains(cell.key()) || !has_headers(parts.sources, *cell.kernel)) continue;
    const auto dependencies = recorded_dependencies(needs[*turn], cells, records);
    if (!dependencies) continue;
    const HeaderTree& headers = parts.headers.of(*cell.kernel);
    const std::string inputs =
        cell_inputs(cell, headers,
                    {.manifest = manifests.of(*cell.manifest),
                     .compiler = compilers(headers),
                     .certificate = certificate,
                     .package_key = parts.package_key == nullptr ? std::string() : parts.package_key->fingerprint,
                     .formats = parts.request.formats,
                     .dependencies = *dependencies,
                     .workspace = workspace});
    auto record = read_record(record_file(workspace, cell), inputs);
    if (!record) continue;
    records.emplace(*turn, *std::move(record));
    cell.verdict = Verdict::cached;
    cell.reason = "nothing changed since it was built";
  }
}

}  // namespace kmpack
