#pragma once

#include <span>
#include <vector>

#include "kmpack/manifest.hpp"
#include "manifest/dkms/import.hpp"
#include "manifest/dkms/import_kernels.hpp"

namespace kmpack {

struct CarriedRules {
  KernelSet excluded;          ///< of the kernels asked about, by what the manifest says now
  std::vector<DkmsRule> left;  ///< what it cannot say, each once
};

/// Put into the manifest what a dkms.conf demands of kernels, where it demands the same of all that were asked about.
///
/// Shape:   BUILD_EXCLUSIVE_CONFIG becomes <config>, _KERNEL_MIN the `min` of <kernels>, _KERNEL_MAX and OBSOLETE_BY exclude from
///          there on: for dkms 6.8.0 is above a maximum of 6.8. A version that does not come out as dkms has it for one of the
///          kernels is left, as one with more than numbers is.
/// Threads: safe from many.
/// Source:  facts debian.md section 1.2.
CarriedRules carry_rules(std::span<const DkmsAnswer> answers, Manifest& manifest);

}  // namespace kmpack
