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

/// The kernels that an archive's package lists offer, each with all packages its headers need and its image.
///
/// Shape:   `packages` as list_apt() answers: the newest version of a package first. A kernel is a headers package whose release
/// a
///          catalogue knows; what it depends on and starts with one of the series' parts belongs to it, in the exact version
///          where the dependency says so, else the newest. Programs among them (linux-kbuild) are taken for the machine that
///          builds, so for a foreign kernel too. A kernel of which a part is missing is left out. Sorted by flavor and release.
/// Threads: safe from many.
/// Source:  measured in Debian 12's archive: headers depend on `common (= V)` and `kbuild (>= V)`; kbuild is Multi-Arch: foreign.
Kernels archive_kernels(std::span<const AptPackage> packages, std::span<const Catalogue> catalogues);

}  // namespace kmpack
