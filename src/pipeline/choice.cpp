#include "pipeline/choice.hpp"

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "flavors/select.hpp"
#include "headers/lock.hpp"
#include "manifest/dkms/import.hpp"
#include "manifest/place.hpp"
#include "manifest/reader.hpp"
#include "sys/data.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

fs::path default_cache() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/') return fs::path(cache) / "kmpack";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') return fs::path(home) / ".cache/kmpack";
  throw Error({.code = "cache-unknown",
               .message = "there is no place for the header store: neither XDG_CACHE_HOME nor HOME is set",
               .hint = "name one with --cache-dir DIR"});
}

std::optional<Manifest> manifest_at(const fs::path& file, const DkmsReading& reading, Context& context, Diagnostics& problems) {
  if (file.filename() != "dkms.conf") return read_manifest(file, problems);
  const DkmsOrigin origin{
      .conf = file, .name = {}, .version = {}, .semantics = reading.semantics, .overrides = reading.overrides};
  return manifest_from_dkms(origin, context.runner, context.stop, problems);
}

void read_one_manifest(const fs::path& argument, const DkmsReading& reading, Context& context, Inputs& inputs,
                       Diagnostics& problems) {
  try {
    if (auto manifest = manifest_at(find_manifest(argument), reading, context, problems)) {
      inputs.manifests.push_back(std::make_shared<const Manifest>(std::move(*manifest)));
    }
  } catch (const Error& error) {
    problems.report(error.diagnostic());
  }
}

/// Two manifests of one name would fight for the same workspace cells and package files.
void report_name_twice(const Inputs& inputs, Diagnostics& problems) {
  for (auto manifest = inputs.manifests.begin(); manifest != inputs.manifests.end(); ++manifest) {
    const auto same =
        std::find_if(inputs.manifests.begin(), manifest, [&](const auto& other) { return other->name == (*manifest)->name; });
    if (same == manifest) continue;
    problems.report({.code = "manifest-twice",
                     .message = "the package '" + (*manifest)->name.str() + "' is described twice in this run",
                     .where = SourceSpan{.file = (*manifest)->file},
                     .notes = {"first by " + (*same)->file.string()},
                     .hint = "build them in two runs with a --workspace and --output of their own, or rename one"});
  }
}

std::vector<FlavorPattern> patterns_for(const Manifest& manifest, const Inputs& inputs) {
  if (!inputs.flavors.empty()) return inputs.flavors;
  std::vector<FlavorPattern> patterns;
  for (const WantedKernels& wanted : manifest.kernels.include) patterns.push_back(wanted.pattern);
  return patterns;
}

std::vector<FlavorPattern> all_patterns(const Inputs& inputs) {
  std::vector<FlavorPattern> patterns = inputs.flavors;
  for (const auto& manifest : inputs.manifests) {
    if (inputs.flavors.empty()) std::ranges::copy(patterns_for(*manifest, inputs), std::back_inserter(patterns));
  }
  return patterns;
}

}  // namespace

fs::path cache_directory(const Places& places) {
  const fs::path chosen = fs::absolute(places.cache.empty() ? default_cache() : places.cache);
  // A confined child finds directories where they are, not the links that lead there.
  std::error_code unseen;
  const fs::path real = fs::weakly_canonical(chosen, unseen);
  return unseen ? chosen : real;
}

Inputs read_inputs(const Request& request, Manifests manifests, Context& context, Diagnostics& problems) {
  Inputs inputs;
  const auto read = [&](const fs::path& argument) { read_one_manifest(argument, request.dkms, context, inputs, problems); };
  if (request.manifests.empty() && manifests == Manifests::needed) read(".");
  for (const fs::path& argument : request.manifests) read(argument);
  report_name_twice(inputs, problems);
  inputs.catalogues = read_catalogues(catalogue_directories(request.places.flavors_dirs), problems);
  for (const std::string& text : request.flavors) {
    if (auto pattern = parse_flavor_pattern(text, {}, problems)) inputs.flavors.push_back(std::move(*pattern));
  }
  return inputs;
}

HeaderSources header_sources(const Request& request, Metadata metadata) {
  HeaderSources sources;
  sources.given = request.places.headers;
  sources.cache = cache_directory(request.places);
  sources.metadata = metadata;
  if (request.network == Network::offline) sources.downloads = Downloads::forbidden;
  sources.program = executable_path();
  return sources;
}

Kernels available_kernels(const Request& request, const Inputs& inputs, const HeaderSources& sources, const Errands& errands,
                          Diagnostics& problems) {
  const std::vector<FlavorPattern> patterns = all_patterns(inputs);
  if (!fs::exists(request.places.lock_file)) return find_kernels(sources, inputs.catalogues, patterns, errands, problems);
  Kernels kernels = read_lock(request.places.lock_file, sources, inputs.catalogues, problems);
  if (sources.given.empty()) return kernels;
  HeaderSources only_given = sources;
  only_given.metadata = Metadata::none;
  for (const auto& kernel : find_kernels(only_given, inputs.catalogues, patterns, errands, problems)) {
    if (kernel->origin == HeadersOrigin::given) kernels.push_back(kernel);
  }
  return kernels;
}

Diagnostic no_debian_kernel(const Manifest& manifest) {
  return {.code = "debian-no-kernel",
          .message =
              "none of the kernels chosen for " + manifest.name.str() + " is of Debian's family, so there is no debian/ to write",
          .where = SourceSpan{manifest.file, 0, 0},
          .hint = "name kernels with --flavor; 'kmpack flavors' lists them"};
}

std::vector<Wanted> wanted_kernels(const Request& request, const Inputs& inputs, const Kernels& available,
                                   Diagnostics& problems) {
  std::vector<Wanted> wanted;
  // Each selection would sort them for itself.
  const Kernels sorted = in_order_of_age(available);
  for (const auto& manifest : inputs.manifests) {
    if (!request.places.headers.empty() && inputs.flavors.empty()) {
      Kernels given;
      std::ranges::copy_if(sorted, std::back_inserter(given),
                           [](const auto& kernel) { return kernel->origin == HeadersOrigin::given; });
      wanted.push_back({.manifest = manifest, .kernels = std::move(given)});
    } else {
      Diagnostics found;
      wanted.push_back(
          {.manifest = manifest, .kernels = select_kernels(patterns_for(*manifest, inputs), inputs.catalogues, sorted, found)});
      // What is wrong with --flavor is wrong for every manifest alike, and said once.
      if (inputs.flavors.empty() || manifest == inputs.manifests.front()) problems.append(std::move(found));
    }
  }
  if (request.families.empty()) return wanted;
  for (Wanted& of : wanted) {
    const auto others = std::erase_if(of.kernels, [&](const auto& kernel) {
      return std::ranges::find(request.families, kernel->rules.family) == request.families.end();
    });
    if (others != 0 && of.kernels.empty()) problems.report(no_debian_kernel(*of.manifest));
  }
  return wanted;
}

}  // namespace kmpack
