#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "flavors/select.hpp"
#include "headers/find.hpp"
#include "pipeline/choice.hpp"

namespace kmpack {

enum class Lock { heed, ignore };

/// Catalogues and kernels as the options of a command make them known.
struct KernelView {
  HeaderSources sources;
  Inputs inputs;
  Kernels kernels;  ///< of the lock file, when one applies, else all
};

/// Read catalogues, then find the kernels that could be meant by `patterns`, all without any.
///
/// Errors:  those of read_inputs and available_kernels.
KernelView view_kernels(const Work& work, Metadata metadata, Lock lock, const std::vector<std::string>& patterns,
                        Diagnostics& problems);

/// What `sources` know of a kernel beyond its record.
ListedKernel listed(const HeaderSources& sources, const Kernel& kernel);

Errands errands_of(const Work& work);

}  // namespace kmpack
