#pragma once

#include <map>
#include <memory>
#include <vector>

#include "kmpack/kernel.hpp"
#include "kmpack/manifest.hpp"

namespace kmpack {

/// Does a pattern mean this kernel? Without `.ARCH` it is about all architectures; `@` names a release or a series, and every
/// kernel of it is meant.
bool names(const FlavorPattern& pattern, const Kernel& kernel) noexcept;

/// Is a part of a manifest for this kernel? A pattern without `.ARCH` is about all architectures; `@` names a release or a
/// series.
bool applies(const KernelCondition& condition, const Kernel& kernel);

/// The manifest as it is for one kernel: what is not for it taken out, no condition left.
///
/// Shape:   `whole` itself when nothing in it is conditional. `uses` of modules that are not there are taken out as well. What is
///          installed beside the modules is the same for all kernels and stays.
/// Threads: safe from many.
std::shared_ptr<const Manifest> manifest_for(const std::shared_ptr<const Manifest>& whole, const Kernel& kernel);

/// The same for many kernels: those for which the same parts hold share one manifest, so that its sources are read once.
///
/// Threads: one at a time.
class Projections {
 public:
  explicit Projections(std::shared_ptr<const Manifest> whole);
  [[nodiscard]] std::shared_ptr<const Manifest> of(const Kernel& kernel);

 private:
  std::shared_ptr<const Manifest> whole_;
  bool conditional_ = false;
  std::map<std::vector<bool>, std::shared_ptr<const Manifest>> known_;  ///< by which of the conditions hold
};

}  // namespace kmpack
