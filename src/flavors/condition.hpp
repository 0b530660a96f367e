#pragma once

#include <memory>

#include "kmpack/kernel.hpp"
#include "kmpack/manifest.hpp"

namespace kmpack {

/// Is a part of a manifest for this kernel? A pattern without `.ARCH` is about all architectures; `@` names a release or a
/// series.
bool applies(const KernelCondition& condition, const Kernel& kernel);

/// The manifest as it is for one kernel: what is not for it taken out, no condition left.
///
/// Shape:   `whole` itself when nothing in it is conditional. `uses` of modules that are not there are taken out as well.
/// Threads: safe from many.
std::shared_ptr<const Manifest> manifest_for(const std::shared_ptr<const Manifest>& whole, const Kernel& kernel);

}  // namespace kmpack
