#pragma once

#include <span>
#include <string>

#include "inspect/compat.hpp"

namespace kmpack {

/// May modules be taken to a kernel that they were not built for?
struct LoadsElsewhere {
  bool loads = false;
  std::string reason;  ///< why they load: "all 41 symbols have the same CRCs"; or the first thing that forbids it
};

/// Would these modules, which come together, load on a kernel that they were not built for?
///
/// Shape:   only what the CRCs of symbols vouch for is taken: nothing where the kernel or a module has none. Conditions that may
///          stay open are the size of struct module and whose signatures the kernel trusts; they stand in the reason.
/// Threads: safe from many.
LoadsElsewhere loads_elsewhere(std::span<const ModuleFacts> modules, const LoadingKernel& kernel);

/// The same of a kernel whose headers are here; of its symbols only those that the modules need are read.
///
/// Errors:  file-unreadable, symvers-malformed.
LoadsElsewhere loads_elsewhere(std::span<const ModuleFacts> modules, const HeaderTree& headers);

}  // namespace kmpack
