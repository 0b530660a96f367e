#include "headers/lock.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "headers/kernel_records.hpp"
#include "headers/store_layout.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {

void write_lock(const fs::path& file, std::span<const std::shared_ptr<const Kernel>> kernels) {
  Kernels sorted(kernels.begin(), kernels.end());
  for (const auto& kernel : sorted) {
    if (header_packages(*kernel).empty()) {
      throw Error({.code = "kernel-not-lockable",
                   .message = fmt::format("{} cannot be locked: its headers come from {} and no archive is known to have them",
                                          kernel->id(), kernel->tree.string()),
                   .where = {},
                   .notes = {},
                   .hint = "leave it out, or take its headers from the distribution's archive"});
    }
  }
  std::ranges::sort(sorted, [](const auto& left, const auto& right) {
    if (const auto order = left->flavor <=> right->flavor; order != 0) return order < 0;
    return older(*left, *right);
  });
  write_file(file, kernels_to_text(sorted));
}

Kernels read_lock(const fs::path& file, const HeaderSources& sources, std::span<const Catalogue> catalogues,
                  Diagnostics& problems) {
  Kernels kernels;
  for (Kernel& kernel : kernels_from_text(read_file(file), file)) {
    if (!complete_rules(kernel, catalogues)) {
      problems.report({.code = "flavor-unknown",
                       .message = fmt::format("no catalogue has the flavor and series of {}, which the lock names", kernel.id()),
                       .where = SourceSpan{file, 0, 0},
                       .notes = {},
                       .hint = "name the directory of its catalogue with --flavors-dir"});
      continue;
    }
    place_in_store(sources.cache, kernel);
    kernels.push_back(std::make_shared<Kernel>(std::move(kernel)));
  }
  return kernels;
}

}  // namespace kmpack
