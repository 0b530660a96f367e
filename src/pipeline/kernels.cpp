#include "pipeline/kernels.hpp"

#include <algorithm>
#include <set>

#include "flavors/select.hpp"
#include "headers/lock.hpp"
#include "headers/store.hpp"

namespace kmpack {
namespace {

Errands errands(Context& context, Progress* progress) {
  Errands made{.runner = context.runner, .stop = context.stop};
  if (progress != nullptr) made.say = [progress](const std::string& line) { progress->message(line); };
  return made;
}

/// All the kernels that any of the manifests or the patterns mean, each once.
Kernels chosen(const Request& request, const Inputs& inputs, const Kernels& available, Diagnostics& problems) {
  if (!inputs.flavors.empty()) return select_kernels(inputs.flavors, inputs.catalogues, available, problems);
  std::set<std::string> seen;
  Kernels kernels;
  for (const Wanted& wanted : wanted_kernels(request, inputs, available, problems)) {
    std::ranges::copy_if(wanted.kernels, std::back_inserter(kernels),
                         [&](const auto& kernel) { return seen.insert(kernel->id()).second; });
  }
  return kernels;
}

/// The lock is what is about to be renewed, so it is not where kernels are looked for.
Kernels from_archives(const Request& request, const Inputs& inputs, Context& context, Progress& progress, Diagnostics& problems) {
  const Metadata metadata = request.network == Network::offline ? Metadata::stored : Metadata::refresh;
  Request unlocked = request;
  unlocked.places.lock_file.clear();
  return available_kernels(unlocked, inputs, header_sources(request, metadata), errands(context, &progress), problems);
}

}  // namespace

KernelList list_kernels(const Request& request, Context& context) {
  KernelList list;
  const Inputs inputs = read_inputs(request, Manifests::optional, list.problems);
  if (!list.problems.ok()) return list;
  const HeaderSources sources = header_sources(request, Metadata::stored);
  list.kernels = find_kernels(sources, inputs.catalogues, inputs.flavors, errands(context, nullptr), list.problems);
  if (!inputs.flavors.empty()) list.kernels = select_kernels(inputs.flavors, inputs.catalogues, list.kernels, list.problems);
  return list;
}

KernelList fetch_kernels(const Request& request, Context& context, Progress& progress) {
  KernelList list;
  const Inputs inputs = read_inputs(request, Manifests::optional, list.problems);
  if (!list.problems.ok()) return list;
  const Kernels available = from_archives(request, inputs, context, progress, list.problems);
  if (inputs.flavors.empty() && inputs.manifests.empty()) return list;
  list.kernels = chosen(request, inputs, available, list.problems);
  if (!list.problems.ok()) return list;
  fetch_headers(header_sources(request, Metadata::stored), list.kernels, errands(context, &progress));
  return list;
}

KernelList lock_kernels(const Request& request, Context& context, Progress& progress) {
  KernelList list;
  const Inputs inputs = read_inputs(request, request.flavors.empty() ? Manifests::needed : Manifests::optional, list.problems);
  if (!list.problems.ok()) return list;
  const Kernels available = from_archives(request, inputs, context, progress, list.problems);
  list.kernels = chosen(request, inputs, available, list.problems);
  if (list.problems.ok()) write_lock(request.places.lock_file, list.kernels);
  return list;
}

}  // namespace kmpack
