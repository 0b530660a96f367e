#include "pipeline/prepare.hpp"

#include <algorithm>
#include <memory>

#include "build/compiler_identity.hpp"
#include "headers/opened_headers.hpp"
#include "headers/store.hpp"
#include "pipeline/choice.hpp"
#include "pipeline/inputs.hpp"
#include "pipeline/sign_packages.hpp"
#include "sys/data.hpp"
#include "sys/epoch.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

bool is_built(const Cell& cell) { return cell.verdict == Verdict::build; }

std::map<const Manifest*, ManifestDigests> digests_of_manifests(std::span<const Cell> cells, const fs::path& workspace) {
  std::map<const Manifest*, ManifestDigests> digests;
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

/// Null when they are not wanted.
std::shared_ptr<Probes> make_probes(const WorkshopParts& parts, const fs::path& scratch) {
  if (parts.request.probes == ProbeAnswers::asked) return nullptr;
  const fs::path cache = cache_directory(parts.request.places);
  auto identities = std::make_shared<CompilerIdentities>(parts.context.runner, cache / "compilers");
  return std::make_shared<Probes>(
      ProbePlaces{.tables = cache / "probes", .scratch = scratch, .program = probe_program()},
      [identities, stop = parts.context.stop](const std::string& compiler) { return identities->of(compiler, stop); },
      parts.context.runner, parts.context.stop);
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

Workshop make_workshop(const WorkshopParts& parts, std::span<const Cell> cells) {
  const fs::path scratch = parts.workspace.directory() / "scratch";
  remove_tree(scratch);
  make_directories(scratch);
  const auto identities = std::make_shared<CompilerIdentities>(parts.context.runner, parts.sources.cache / "compilers");
  Workshop workshop{
      .request = parts.request,
      .runner = parts.context.runner,
      .workspace = parts.workspace,
      .output = parts.output,
      .jobserver = parts.jobserver,
      .key = parts.key,
      .package_key = parts.package_key,
      .headers_of = [&sources = parts.sources, &missing = parts.missing_headers,
                     opened = std::make_shared<OpenedHeaders>(parts.sources)](const Kernel& kernel) -> const HeaderTree& {
        if (missing && !has_headers(sources, kernel)) throw Error(*missing);
        return opened->of(kernel);
      },
      .unread = parts.unread,
      .compiler_digest_of = [identities, mismatch = parts.request.compiler, stop = parts.context.stop](
                                const HeaderTree& headers) { return identities->of(headers, mismatch, stop); },
      .is_same_compiler =
          [identities, mismatch = parts.request.compiler, stop = parts.context.stop](const HeaderTree& headers) {
            return identities->still(identities->of(headers, mismatch, stop), headers, mismatch, stop);
          },
      .symbols = std::make_shared<KernelSymbols>(),
      .results = std::make_shared<ResultCache>(parts.sources.cache, parts.request.places.caches_readonly,
                                               parts.request.cache_limit.value_or(kUsualCacheLimit)),
      .manifest_digests = digests_of_manifests(cells, parts.workspace.directory()),
      .common_packages = {},
      .packing = {.output = {},
                  .template_dirs = data_directories("templates"),
                  .scratch = scratch,
                  .executable = executable_path(),
                  .threads = parts.request.jobs}};
  workshop.probes = make_probes(parts, scratch);
  make_common(workshop, parts.context, cells);
  return workshop;
}

}  // namespace kmpack
