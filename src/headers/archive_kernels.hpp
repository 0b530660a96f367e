#pragma once

#include <span>
#include <string>
#include <vector>

#include "flavors/catalogue.hpp"
#include "flavors/select.hpp"
#include "wrap/apt.hpp"

namespace kmpack {

/// What names of packages start with that find_kernels needs to know about: headers, their parts, images.
std::vector<std::string> interesting_prefixes(std::span<const Catalogue> catalogues);

/// A kernel whose headers cannot be put together: a package that they need is in no archive.
struct IncompleteArchiveKernel {
  Kernel kernel;     ///< without that package
  std::string part;  ///< linux-headers-6.1.0-56-common = 6.1.192-2 for all
};

struct ArchiveKernels {
  Kernels kernels;  ///< sorted by flavor and release
  std::vector<IncompleteArchiveKernel> incomplete;
};

/// The kernels that archives' package lists offer, each with all packages its headers need and its image.
///
/// Shape:   `packages` as list_apt() answers: the newest version of a package first. A kernel is a headers package whose release
///          a catalogue knows, of several the one whose own archive it is in; what it depends on and starts with one of the
///          series' parts belongs to it, in the exact version where the dependency says so, else the newest, of the same archive
///          where that has it. Programs among them (linux-kbuild) are taken for the machine that builds, so for a foreign kernel
///          too. An image whose modules are in another package is left out. A kernel of which a part is missing is only in
///          `incomplete`.
/// Threads: safe from many.
/// Source:  measured in Debian 12's archive: headers depend on `common (= V)` and `kbuild (>= V)`; kbuild is Multi-Arch: foreign.
///          Ubuntu's headers depend on one common package, of any name: linux-hwe-6.8-headers-6.8.0-57 (Launchpad 2089819).
ArchiveKernels archive_kernels(std::span<const AptPackage> packages, std::span<const Catalogue> catalogues);

}  // namespace kmpack
