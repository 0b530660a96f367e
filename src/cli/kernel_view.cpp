#include "cli/kernel_view.hpp"

#include "headers/store.hpp"

namespace kmpack {

Errands errands_of(const Work& work) {
  return {work.runner, work.stop, [&console = work.console](const std::string& line) { console.say(printable(line)); }};
}

KernelView view_kernels(const Work& work, Metadata metadata, Lock lock, const std::vector<std::string>& patterns,
                        Diagnostics& problems) {
  Request request = request_of(work);
  request.flavors = patterns;
  if (lock == Lock::ignore) request.places.lock_file.clear();
  const bool offline = request.network == Network::offline && metadata != Metadata::none;
  KernelView view{.sources = header_sources(request, offline ? Metadata::stored : metadata), .inputs = {}, .kernels = {}};
  Context context{work.runner, work.stop};
  view.inputs = read_inputs(request, Manifests::optional, context, problems);
  if (problems.ok()) view.kernels = available_kernels(request, view.inputs, view.sources, errands_of(work), problems);
  return view;
}

ListedKernel listed(const HeaderSources& sources, const Kernel& kernel) {
  ListedKernel known{.kernel = kernel, .compiler = {}, .tree = {}, .problem = {}};
  try {
    if (!has_headers(sources, kernel)) return known;
    const HeaderTree tree = open_headers(sources, kernel);
    known.compiler = tree.compiler;
    known.tree = tree.tree;
  } catch (const Error& error) {
    // One broken tree must not hide the others.
    known.problem = error.diagnostic().message;
  }
  return known;
}

}  // namespace kmpack
