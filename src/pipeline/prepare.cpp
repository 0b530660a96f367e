#include "pipeline/prepare.hpp"

#include <algorithm>
#include <memory>

#include "headers/store.hpp"
#include "pipeline/compiler_digests.hpp"
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
