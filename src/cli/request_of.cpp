#include "cli/commands.hpp"
#include "cli/passphrase.hpp"
#include "cli/words.hpp"

namespace kmpack {
namespace {

/// A default that is absent means "no lock"; a file the user named must be there.
void require_lock(const std::filesystem::path& lock) {
  if (std::filesystem::exists(lock)) return;
  throw Error{Diagnostic{.code = "lock-missing",
                         .message = "there is no lock file " + lock.string(),
                         .where = {},
                         .notes = {},
                         .hint = "'kmpack flavors lock --lock " + lock.string() + " PATTERN...' writes one"}};
}

Places absolute(Places places) {
  // Children run in other directories.
  const auto absolute = [](std::filesystem::path& path) {
    if (!path.empty()) path = std::filesystem::absolute(path);
  };
  absolute(places.workspace);
  absolute(places.cache);
  for (auto& path : places.caches_readonly) absolute(path);
  for (auto& path : places.headers) absolute(path);
  for (auto& path : places.flavors_dirs) absolute(path);
  return places;
}

bool takes_manifests(CommandKind command) {
  return command == CommandKind::build || command == CommandKind::plan || command == CommandKind::generate ||
         command == CommandKind::lint;
}

}  // namespace

Request request_of(const Work& work) {
  const Options& options = work.options;
  if (options.lock_named && options.command != CommandKind::flavors_lock) require_lock(options.places.lock_file);
  if (!options.since.empty()) require_lock(options.since);
  Request request{.manifests = {},
                  .flavors = options.flavors,
                  .formats = options.formats,
                  .output = options.output,
                  .key = {},
                  .passphrase = passphrase_source(options.passphrase_fd, work.stop),
                  .gpg_key = options.gpg_key,
                  .compiler = options.compiler,
                  .build_limit = options.build_limit,
                  .network = options.network,
                  .dkms = options.dkms,
                  .probes = options.probes,
                  .reuse_compatible = options.reuse_compatible,
                  .cache_limit = standing_cache_limit(),
                  .jobs = options.jobs,
                  .places = absolute(options.places)};
  if (!request.dkms.overrides.empty()) request.dkms.overrides = std::filesystem::absolute(request.dkms.overrides);
  if (takes_manifests(options.command)) request.manifests = options.files;
  if (options.key && options.certificate) request.key = KeyChoice{*options.key, *options.certificate};
  return request;
}

}  // namespace kmpack
