#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "headers/find.hpp"
#include "headers/rpm_md_messages.hpp"

namespace kmpack {

/// What the repositories of the distributions that the patterns mean offer, through the rpm-md child; from a snapshot while their
/// metadata is unchanged. No repository of a distribution that is not meant is asked or read.
///
/// Shape:   without patterns whatever was fetched before, and nothing is fetched. `known` are distributions of which there are
///          kernels already: there a repository that fails is a warning only.
/// Errors:  reports archive-unreachable, archive-unsigned, package-digest-mismatch. Throws rpm-md-failed, file-unwritable,
///          process-failed-to-start, Cancelled.
/// Threads: one call per cache waits for another, in this process or any other.
Kernels rpm_md_kernels(const HeaderSources& sources, std::span<const Catalogue> catalogues, std::span<const FlavorPattern> wanted,
                       const std::set<std::string>& known, const Errands& errands, Diagnostics& problems);

/// Download through the rpm-md child; what failed is told.
std::vector<RpmFailure> rpm_download(const HeaderSources& sources, std::span<const RpmDownload> downloads,
                                     const Errands& errands);

}  // namespace kmpack
