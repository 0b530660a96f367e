#include "headers/local_packages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "headers/rpm_kernels.hpp"
#include "wrap/digest.hpp"
#include "wrap/download.hpp"
#include "wrap/rpm.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

RpmPackage package_of(const fs::path& file) {
  RpmHeader header = read_rpm_header(file);
  return {.facts = {.name = std::move(header.name),
                    .arch = std::move(header.arch),
                    .epoch = std::move(header.epoch),
                    .version = std::move(header.version),
                    .release = std::move(header.release),
                    .digest = sha256_of_file(file),
                    .size = fs::file_size(file),
                    .requires_ = std::move(header.requires_)},
          .url = file_url(fs::canonical(file))};
}

bool is_meant(const Catalogue& catalogue, std::span<const FlavorPattern> wanted) {
  if (catalogue.rules.family != PackageFamily::rpm) return false;
  return wanted.empty() || std::ranges::any_of(wanted, [&](const FlavorPattern& pattern) {
           return glob_matches(pattern.distribution, catalogue.id);
         });
}

}  // namespace

Kernels local_kernels(std::span<const fs::path> files, std::span<const Catalogue> catalogues,
                      std::span<const FlavorPattern> wanted, Diagnostics& problems) {
  std::vector<RpmPackage> packages;
  for (const fs::path& file : files) {
    try {
      packages.push_back(package_of(file));
    } catch (const Error& error) {
      problems.report(error.diagnostic());
    }
  }
  Kernels all;
  std::set<std::string> used;
  std::set<std::string> incomplete;
  for (const Catalogue& catalogue : catalogues) {
    if (!is_meant(catalogue, wanted)) continue;
    RpmKernels found = rpm_kernels(packages, catalogue);
    for (auto& kernel : found.kernels) {
      // SLE and Leap share kernels: the first that knows it has it. Its parts may serve others of the same distribution.
      if (used.contains("headers " + kernel->packages.front().sha256)) continue;
      used.insert("headers " + kernel->packages.front().sha256);
      for (const ArchivePackage& package : kernel->packages) used.insert(package.sha256);
      all.push_back(std::move(kernel));
    }
    for (const IncompleteKernel& kernel : found.incomplete) {
      if (!incomplete.insert(kernel.headers).second) continue;
      problems.report({.code = "headers-unusable",
                       .message = fmt::format("{} needs {}, which is not among the packages given", kernel.headers, kernel.part),
                       .where = {},
                       .notes = {},
                       .hint = "name that package with --package, too"});
    }
  }
  for (const RpmPackage& package : packages) {
    if (used.contains(package.facts.digest) || !incomplete.empty()) continue;
    problems.report(
        {.code = "package-foreign",
         .message = fmt::format("{} {} for {} holds the headers of no kernel that {} knows", package.facts.name,
                                version_text(package.facts), package.facts.arch,
                                wanted.empty() ? "a catalogue" : "a catalogue that the patterns mean"),
         .where = {},
         .notes = {package.url},
         .hint =
             "kmpack takes packages like kernel-devel and kernel-default-devel; docs/flavors.md says how to describe others"});
  }
  return all;
}

}  // namespace kmpack
