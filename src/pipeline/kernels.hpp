#pragma once

#include "pipeline/choice.hpp"

namespace kmpack {

/// Kernels that a `flavors` command is about, and what was wrong on the way.
struct KernelList {
  Kernels kernels;
  Diagnostics problems;
};

/// `kmpack flavors [PATTERN…]`: what is known, on this disk or in archives; without patterns all. Uses no network.
KernelList list_kernels(const Request& request, Context& context);

/// `kmpack flavors fetch [PATTERN…]`: refresh the archives' metadata; bring the headers of what the patterns mean (else of what
/// the manifests include) into the store. Without either only the metadata.
KernelList fetch_kernels(const Request& request, Context& context, Progress& progress);

/// `kmpack flavors lock [PATTERN…]`: write the lock file with the newest kernels that the patterns (else the manifests) mean.
KernelList lock_kernels(const Request& request, Context& context, Progress& progress);

}  // namespace kmpack
