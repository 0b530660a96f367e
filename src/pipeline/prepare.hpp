#pragma once

#include <optional>
#include <span>
#include <vector>

#include "flavors/plan.hpp"
#include "headers/find.hpp"
#include "pipeline/dkms.hpp"
#include "pipeline/workshop.hpp"

namespace kmpack {

/// The key of the request, ready to sign; nothing when unsigned packages were asked for.
std::optional<SigningKey> load_key(const Request& request);

/// Configurations of the kernels whose headers are on this disk.
ConfigOf stored_configs(const HeaderSources& sources);

/// Bring the headers of all cells that are to be built into the store, unless offline. What stopped that is returned, to be said
/// by the cells that lack their headers for it.
std::optional<Diagnostic> fetch_wanted(std::span<const Cell> cells, const Request& request, const HeaderSources& sources,
                                       const Errands& errands);

struct WorkshopParts {
  const Request& request;
  Context& context;
  const Workspace& workspace;
  const Output& output;
  Jobserver& jobserver;
  const SigningKey* key;
  const OpenPgpKey* package_key;
  const HeaderSources& sources;
  const std::optional<Diagnostic>& missing_headers;
  const DkmsUnread& unread;
};

/// What the cells share: digests of the manifests, common packages, where templates are.
Workshop make_workshop(const WorkshopParts& parts, std::span<const Cell> cells);

}  // namespace kmpack
