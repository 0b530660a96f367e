#include "pipeline/changes.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "flavors/plan.hpp"
#include "flavors/select.hpp"
#include "headers/lock.hpp"
#include "pipeline/dkms.hpp"
#include "pipeline/prepare.hpp"

namespace kmpack {
namespace {

using KernelPointer = std::shared_ptr<const Kernel>;

struct ByPlace {
  bool operator()(const KernelPointer& left, const KernelPointer& right) const {
    if (const auto order = left->flavor <=> right->flavor; order != 0) return order < 0;
    return older(*left, *right);
  }
};

/// What the modules are compiled against: the image is another matter.
std::set<std::tuple<std::string, std::string, std::string>> header_identity(const Kernel& kernel) {
  std::set<std::tuple<std::string, std::string, std::string>> identity;
  for (const ArchivePackage& package : kernel.packages) {
    if (package.role == ArchiveRole::headers) identity.emplace(package.name, package.version, package.sha256);
  }
  return identity;
}

/// By kernel id: why nothing is built for it. A kernel that one manifest builds for is not there.
std::map<std::string, std::string> excluded_everywhere(std::span<const Cell> cells) {
  std::map<std::string, std::string> reasons;
  std::set<std::string> built;
  for (const Cell& cell : cells) {
    if (cell.verdict == Verdict::excluded) {
      reasons.emplace(cell.kernel->id(), cell.reason);
    } else {
      built.insert(cell.kernel->id());
    }
  }
  std::erase_if(reasons, [&](const auto& entry) { return built.contains(entry.first); });
  return reasons;
}

/// The kernels meant now, and why some of them are built for by nobody.
struct Now {
  Kernels kernels;
  std::map<std::string, std::string> excluded;
};

Now kernels_now(const Request& request, const Inputs& inputs, const HeaderSources& sources, Context& context,
                Diagnostics& problems) {
  const Errands errands{.runner = context.runner, .stop = context.stop};
  const Kernels available = available_kernels(request, inputs, sources, errands, problems);
  if (inputs.manifests.empty()) return {select_kernels(inputs.flavors, inputs.catalogues, available, problems), {}};
  std::vector<Wanted> wanted = wanted_kernels(request, inputs, available, problems);
  // A dkms.conf can say of kernels with headers here that they are excluded; of others that is not known before a build.
  const DkmsUnread unread = read_dkms(wanted, sources, request.jobs, context, problems);
  Now now;
  std::set<KernelPointer, ByPlace> seen;
  for (const Wanted& of : wanted) seen.insert(of.kernels.begin(), of.kernels.end());
  now.kernels.assign(seen.begin(), seen.end());
  std::vector<Cell> cells = plan_cells(wanted, stored_configs(sources), problems);
  keep_unread(cells, unread);
  now.excluded = excluded_everywhere(cells);
  return now;
}

}  // namespace

bool ChangeReport::work() const noexcept {
  return std::ranges::any_of(kernels, [](const KernelChange& of) {
    return (of.change == Change::added || of.change == Change::rebuilt) && of.excluded.empty();
  });
}

ChangeReport changes_since(const std::filesystem::path& since, const Request& request, Context& context) {
  ChangeReport report;
  const Manifests manifests = request.flavors.empty() ? Manifests::needed : Manifests::optional;
  const Inputs inputs = read_inputs(request, manifests, context, report.problems);
  if (!report.problems.ok()) return report;
  // CI asks because it wants to know of the kernel that came this hour.
  const HeaderSources sources =
      header_sources(request, request.network == Network::offline ? Metadata::stored : Metadata::refresh);
  Now now = kernels_now(request, inputs, sources, context, report.problems);
  const Kernels before = read_lock(since, sources, inputs.catalogues, report.problems);
  if (!report.problems.ok()) return report;
  std::map<KernelPointer, KernelChange, ByPlace> changes;
  for (const KernelPointer& kernel : before) changes[kernel] = {.change = Change::gone, .was = kernel};
  for (const KernelPointer& kernel : now.kernels) {
    KernelChange& change = changes[kernel];
    change.now = kernel;
    change.change = change.was == nullptr                                          ? Change::added
                    : header_identity(*change.was) == header_identity(*change.now) ? Change::same
                                                                                   : Change::rebuilt;
    change.excluded = now.excluded[kernel->id()];
  }
  for (auto& [kernel, change] : changes) report.kernels.push_back(std::move(change));
  return report;
}

}  // namespace kmpack
