#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "build/command.hpp"
#include "kmpack/cell.hpp"
#include "kmpack/kernel.hpp"
#include "sys/confine.hpp"

namespace kmpack {

/// Where one attempt at a cell lies: everything that its build may write, laid out as dkms lays out its tree.
///
/// Shape:   ATTEMPT/NAME/VERSION/build is the source root in the copy, ATTEMPT/NAME-VERSION a link to it,
///          ATTEMPT/lib/modules/RELEASE/build the headers.
/// Source:  facts debian.md sections 1.1 (5) and 1.3; dkms(8), "$dkms_tree".
struct PrivateTree {
  std::filesystem::path attempt;
  std::filesystem::path copy;  ///< does not exist before the source is put there
  CommandNames names;

  /// The sources of a package that this one needs.
  struct Needed {
    std::string name;
    std::string version;
    std::filesystem::path root;  ///< a copy, within the attempt
    std::string place;           ///< where debug information says that they lie
  };
  std::vector<Needed> needed{};
};

/// Errors: build-path-unusable where a name would lead out of the tree, or make could not build there.
PrivateTree private_tree(const Manifest& manifest, std::filesystem::path attempt);

/// By what other paths commands may reach the source root, those that makefiles write out among them.
std::vector<std::string> other_names(const PrivateTree& tree);

/// Compiler options that take this attempt's paths off what comes from the sources of needed packages, each after a blank.
std::string maps_of_needed(const PrivateTree& tree);

/// Lay out what commands expect to find around the copy, and tell where it is. `source` is the source root in the copy.
///
/// Shape:   a tree whose Makefile includes an absolute path gets a directory of links with a Makefile that includes the right
///          one; any other is used where it lies.
/// Errors:  build-path-unusable, file-unwritable, disk-full.
CommandPlaces furnish(const PrivateTree& tree, const std::filesystem::path& source, const Cell& cell, const HeaderTree& headers);

/// What commands may write and what they find at the places that makefiles write out: /lib/modules/RELEASE/build,
/// /usr/src/NAME-VERSION (those of needed packages among them), /var/lib/dkms/NAME/VERSION/build, and the headers where their
/// package has them.
Confinement confinement_of(const PrivateTree& tree, const std::filesystem::path& source, const HeaderTree& headers);

}  // namespace kmpack
