#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "flavors/plan.hpp"
#include "headers/find.hpp"
#include "manifest/dkms/conf.hpp"
#include "pipeline/choice.hpp"
#include "pipeline/report.hpp"
#include "pipeline/request.hpp"

namespace kmpack {

/// Is one of the manifests a dkms.conf?
bool has_dkms(const Inputs& inputs);

/// One package for one kernel of a run.
using PackageKernel = std::pair<PackageName, const Kernel*>;

/// What could not be read of the dkms.confs of a run.
struct DkmsUnread {
  std::map<PackageKernel, std::vector<Diagnostic>> failed;  ///< what is wrong for this kernel alone; its cell fails of it
  std::set<PackageKernel> later;                            ///< kernels whose headers are not on this disk yet
  /// Directives that the conf sets and nothing goes by here, by package: AUTOINSTALL, DEST_MODULE_LOCATION.
  std::map<PackageName, std::set<std::string>> ignored;
  /// Exclusions of which a manifest has only what they come to for these kernels, by package.
  std::map<PackageName, std::vector<DkmsRule>> of_these_kernels;
};

/// Ask the dkms.confs among the manifests about each kernel they are wanted for whose headers are on this disk, and put what they
/// answer in the manifests' places.
///
/// Shape:   one evaluation for each conf and kernel, on `jobs` threads (0: as many as there are processors). A mistake that is
/// there for one of several kernels is its
///          cell's alone; one that all kernels have is reported once. Warnings of several kernels are one, which names them.
/// Errors:  reports those of evaluate_dkms(), interpret_dkms() and merged_dkms(). Throws Cancelled.
DkmsUnread read_dkms(std::vector<Wanted>& wanted, const HeaderSources& sources, std::size_t jobs, Context& context,
                     Diagnostics& problems);

/// What becomes of a cell whose dkms.conf has a mistake for its kernel; nothing for all others.
std::optional<Outcome> unread_outcome(const Cell& cell, const DkmsUnread& unread);

/// Cells whose dkms.conf could not be read (yet) are built all the same: they end in saying why.
void keep_unread(std::vector<Cell>& cells, const DkmsUnread& unread);

}  // namespace kmpack
