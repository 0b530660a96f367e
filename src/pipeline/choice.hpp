#pragma once

#include <memory>
#include <vector>

#include "flavors/catalogue.hpp"
#include "flavors/plan.hpp"
#include "headers/find.hpp"
#include "pipeline/report.hpp"
#include "pipeline/request.hpp"

namespace kmpack {

/// What the user wrote, read: the first thing every command does.
struct Inputs {
  std::vector<std::shared_ptr<const Manifest>> manifests;
  std::vector<Catalogue> catalogues;
  std::vector<FlavorPattern> flavors;  ///< of the command line; empty: each manifest's own
};

/// Read manifests, catalogues and patterns; every mistake is reported.
///
/// Shape:   no manifest named means the one in the current directory, for commands that need one (`Manifests::needed`). Of a
///          dkms.conf only the identity is known then; read_dkms() asks it about kernels.
/// Errors:  throws Cancelled.
enum class Manifests { needed, optional };
Inputs read_inputs(const Request& request, Manifests manifests, Context& context, Diagnostics& problems);

/// The cache that is named, or else this user's; no link. Errors:  cache-unknown.
std::filesystem::path cache_directory(const Places& places);

/// Where headers come from for a request. `metadata` is what may be asked of archives.
HeaderSources header_sources(const Request& request, Metadata metadata);

/// The kernels that exist for a request: those of the lock when there is one, else all that can be found; trees given by
/// --headers always.
Kernels available_kernels(const Request& request, const Inputs& inputs, const HeaderSources& sources, const Errands& errands,
                          Diagnostics& problems);

/// What is wrong when only kernels of Debian's family are wanted and the manifest's are others.
Diagnostic no_debian_kernel(const Manifest& manifest);

/// For each manifest the kernels it is built for. With --headers and no flavor named: those trees. Reports debian-no-kernel where
/// the request's families leave none.
std::vector<Wanted> wanted_kernels(const Request& request, const Inputs& inputs, const Kernels& available, Diagnostics& problems);

}  // namespace kmpack
