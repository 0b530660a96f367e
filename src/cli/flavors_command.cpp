#include "cli/kernel_view.hpp"
#include "cli/summary.hpp"
#include "cli/table.hpp"
#include "cli/words_of.hpp"
#include "headers/local_packages.hpp"
#include "headers/lock.hpp"
#include "headers/store.hpp"

namespace kmpack {
namespace {

/// Problems as this command's whole answer. Returns the exit status.
int refused(const Work& work, const Diagnostics& problems) {
  work.console.complain(problems);
  if (work.console.json()) work.console.answer(to_json(problems));
  return exit_status(problems);
}

void answer(const Work& work, const KernelView& view, std::span<const std::shared_ptr<const Kernel>> kernels,
            const Diagnostics& problems) {
  std::vector<ListedKernel> all;
  for (const auto& kernel : kernels) all.push_back(listed(view.sources, *kernel));
  if (work.console.json()) {
    work.console.answer(to_json(all, problems));
    return;
  }
  std::vector<std::vector<TableCell>> rows;
  for (const ListedKernel& known : all) {
    std::uint64_t size = 0;
    for (const ArchivePackage& package : known.kernel.packages) size += package.role == ArchiveRole::headers ? package.size : 0;
    const bool here = !known.tree.empty();
    rows.push_back({{known.kernel.id()},
                    {known.kernel.flavor.arch},
                    {known.compiler.empty() ? "-" : known.compiler},
                    {here ? std::string{word_of(known.kernel.origin)} : "archive", here ? Paint::good : Paint::plain},
                    {!known.problem.empty() ? printable(known.problem)
                     : here                 ? known.tree.string()
                                            : "to fetch: " + size_text(size)}});
  }
  work.console.answer(
      render_table({{"KERNEL"}, {"ARCH"}, {"COMPILER"}, {"HEADERS"}, {"WHERE"}}, rows, work.console.coloured_answers()));
}

/// The kernels the patterns of the command line mean; nothing when there were errors, which are reported.
struct Selection {
  KernelView view;
  Kernels kernels;
  Diagnostics problems;
};

Selection select(const Work& work, Metadata metadata, Lock lock) {
  Selection selection;
  selection.view = view_kernels(work, metadata, lock, work.options.flavors, selection.problems);
  if (!selection.problems.ok()) return selection;
  const Inputs& inputs = selection.view.inputs;
  selection.kernels = selection.view.kernels;
  if (!inputs.flavors.empty()) {
    selection.kernels = select_kernels(inputs.flavors, inputs.catalogues, selection.view.kernels, selection.problems);
  }
  return selection;
}

/// `flavors fetch --package FILE`: no archive is asked, and no lock applies.
int fetch_from_packages(const Work& work) {
  Diagnostics problems;
  KernelView view = view_kernels(work, Metadata::none, Lock::ignore, work.options.flavors, problems);
  Kernels kernels;
  if (problems.ok()) kernels = local_kernels(work.options.packages, view.inputs.catalogues, view.inputs.flavors, problems);
  if (!problems.ok()) return refused(work, problems);
  work.console.complain(problems);
  // The files are "fetched" from this disk.
  view.sources.metadata = Metadata::stored;
  // From files of this disk: --offline has no say in that.
  view.sources.downloads = Downloads::allowed;
  fetch_headers(view.sources, kernels, errands_of(work));
  answer(work, view, kernels, problems);
  return 0;
}

}  // namespace

int run_flavors_list(const Work& work) {
  const Selection selection = select(work, Metadata::stored, Lock::heed);
  if (!selection.problems.ok()) return refused(work, selection.problems);
  work.console.complain(selection.problems);
  if (selection.kernels.empty()) work.console.say("no kernel is known yet: 'kmpack flavors fetch PATTERN' asks the archive");
  answer(work, selection.view, selection.kernels, selection.problems);
  return 0;
}

int run_flavors_fetch(const Work& work) {
  if (!work.options.packages.empty()) return fetch_from_packages(work);
  const Selection selection = select(work, Metadata::refresh, Lock::heed);
  if (!selection.problems.ok()) return refused(work, selection.problems);
  work.console.complain(selection.problems);
  fetch_headers(selection.view.sources, selection.kernels, errands_of(work));
  answer(work, selection.view, selection.kernels, selection.problems);
  return 0;
}

int run_flavors_lock(const Work& work) {
  // A lock is written anew from what there is, never from the lock that it replaces.
  const Selection selection = select(work, Metadata::refresh, Lock::ignore);
  if (!selection.problems.ok()) return refused(work, selection.problems);
  work.console.complain(selection.problems);
  write_lock(work.options.places.lock_file, selection.kernels);
  answer(work, selection.view, selection.kernels, selection.problems);
  work.console.say("wrote " + work.options.places.lock_file.string());
  return 0;
}

}  // namespace kmpack
