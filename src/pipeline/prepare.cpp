#include "pipeline/prepare.hpp"

#include <algorithm>
#include <memory>
#include <mutex>

#include "headers/store.hpp"
#include "pipeline/inputs.hpp"
#include "pipeline/record.hpp"
#include "pipeline/sign_packages.hpp"
#include "sys/data.hpp"
#include "sys/epoch.hpp"
#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// The digest of a compiler's binary, read once in a run.
class CompilerDigests {
 public:
  std::string operator()(const HeaderTree& headers) {
    const std::scoped_lock lock(mutex_);
    const auto [known, is_new] = digests_.try_emplace(headers.compiler);
    // An absent compiler is the build's to complain about.
    if (is_new) {
      if (const auto program = find_program(headers.compiler)) known->second = sha256_of_file(*program);
    }
    return known->second;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> digests_;
};

bool is_built(const Cell& cell) { return cell.verdict == Verdict::build; }

std::map<const Manifest*, std::string> digests_of_manifests(std::span<const Cell> cells, const fs::path& workspace) {
  std::map<const Manifest*, std::string> digests;
  for (const Cell& cell : cells) {
    if (is_built(cell) && !digests.contains(cell.manifest.get())) {
      digests[cell.manifest.get()] = manifest_inputs(*cell.manifest, workspace);
    }
  }
  return digests;
}

void make_common(Workshop& workshop, const Context& context, std::span<const Cell> cells) {
  for (const Cell& cell : cells) {
    if (!is_built(cell)) continue;
    const std::string& distribution = cell.kernel->flavor.distribution;
    const auto [made, is_new] = workshop.common_packages.try_emplace({&cell.whole_manifest(), distribution});
    if (!is_new) continue;
    PackageSettings settings = workshop.packing;
    settings.output = workshop.workspace.directory() / "common" / (cell.manifest->name.str() + "_" + distribution);
    made->second = make_common_packages(cell.whole_manifest(), cell.kernel->rules, workshop.request.formats,
                                        source_date_epoch_or_default(), settings, context.runner, context.stop);
    sign_packages(made->second, workshop.package_key, context.runner, context.stop);
  }
}

/// Nothing when one of them is not there yet.
std::optional<std::vector<BuiltDependency>> recorded_dependencies(std::span<const CellNeed> needs, std::span<const Cell> cells,
                                                                  std::span<const std::optional<CellRecord>> records) {
  std::vector<BuiltDependency> dependencies;
  for (const CellNeed& need : needs) {
    if (!need.cell || !records[*need.cell]) return std::nullopt;
    const CellRecord& record = *records[*need.cell];
    dependencies.push_back(built_dependency(cells[*need.cell], record.symvers, record.modules));
  }
  return dependencies;
}

}  // namespace

std::optional<SigningKey> load_key(const Request& request) {
  if (!request.key) return std::nullopt;
  return SigningKey::load(request.key->key, request.key->certificate, request.passphrase);
}

ConfigOf stored_configs(const HeaderSources& sources) {
  return [&sources, held = std::make_shared<std::optional<KernelConfig>>()](const Kernel& kernel) -> const KernelConfig* {
    *held = kernel_config(sources, kernel);
    return *held ? &**held : nullptr;
  };
}

std::optional<Diagnostic> fetch_wanted(std::span<const Cell> cells, const Request& request, const HeaderSources& sources,
                                       const Errands& errands) {
  if (request.network == Network::offline) return std::nullopt;
  Kernels kernels;
  for (const Cell& cell : cells) {
    if (is_built(cell)) kernels.push_back(cell.kernel);
  }
  try {
    fetch_headers(sources, kernels, errands);
  } catch (const Error& error) {
    return error.diagnostic();
  }
  return std::nullopt;
}

void mark_cached(std::vector<Cell>& cells, const CellNeeds& needs, const Request& request, const HeaderSources& sources,
                 const OpenPgpKey* package_key) {
  const fs::path workspace = fs::absolute(request.places.workspace);
  const std::string certificate = request.key ? sha256_of(Certificate::load(request.key->certificate).der()) : std::string();
  const std::map<const Manifest*, std::string> manifests = digests_of_manifests(cells, workspace);
  CompilerDigests compilers;
  std::vector<std::optional<CellRecord>> records(cells.size());
  CellTurns turns(needs);
  for (auto turn = turns.next({}); turn; turn = turns.next({})) {
    turns.finished(*turn);
    Cell& cell = cells[*turn];
    const fs::path record = record_file(workspace, cell);
    if (!is_built(cell) || !fs::exists(record) || !has_headers(sources, *cell.kernel)) continue;
    const auto dependencies = recorded_dependencies(needs[*turn], cells, records);
    if (!dependencies) continue;
    const HeaderTree headers = open_headers(sources, *cell.kernel);
    const std::string inputs = cell_inputs(cell, headers,
                                           {.manifest = manifests.at(cell.manifest.get()),
                                            .compiler = compilers(headers),
                                            .certificate = certificate,
                                            .package_key = package_key == nullptr ? std::string() : package_key->fingerprint,
                                            .formats = request.formats,
                                            .dependencies = *dependencies,
                                            .workspace = workspace});
    records[*turn] = read_record(record, inputs);
    if (!records[*turn]) continue;
    cell.verdict = Verdict::cached;
    cell.reason = "nothing changed since it was built";
  }
}

Workshop make_workshop(const WorkshopParts& parts, std::span<const Cell> cells) {
  const fs::path scratch = parts.workspace.directory() / "scratch";
  remove_tree(scratch);
  make_directories(scratch);
  Workshop workshop{.request = parts.request,
                    .runner = parts.context.runner,
                    .workspace = parts.workspace,
                    .output = parts.output,
                    .jobserver = parts.jobserver,
                    .key = parts.key,
                    .package_key = parts.package_key,
                    .headers_of =
                        [&sources = parts.sources, &missing = parts.missing_headers](const Kernel& kernel) {
                          if (missing && !has_headers(sources, kernel)) throw Error(*missing);
                          return open_headers(sources, kernel);
                        },
                    .unread = parts.unread,
                    .compiler_digest_of = [digests = std::make_shared<CompilerDigests>()](
                                              const HeaderTree& headers) { return (*digests)(headers); },
                    .manifest_digests = digests_of_manifests(cells, parts.workspace.directory()),
                    .common_packages = {},
                    .packing = {.output = {},
                                .template_dirs = data_directories("templates"),
                                .scratch = scratch,
                                .executable = executable_path(),
                                .threads = parts.request.jobs}};
  make_common(workshop, parts.context, cells);
  return workshop;
}

}  // namespace kmpack
