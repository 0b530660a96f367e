#pragma once

#include <map>
#include <string>

#include "kmpack/cell.hpp"

namespace kmpack {

/// What the shell text of a manifest finds of its cell: paths of a build here, or what a recipe writes in their place.
struct CommandPlaces {
  std::string kernelver;          ///< 6.1.0-56-amd64
  std::string kernel_source_dir;  ///< for make -C
  std::string kernel_config;      ///< a file of CONFIG_X=… lines
  std::string arch;               ///< as `uname -m` on that kernel: x86_64
  std::string build_dir;          ///< the source root; where the text runs
  std::string dkms_tree;          ///< holds NAME/VERSION/build, which is build_dir
  std::string source_tree;        ///< holds NAME-VERSION, which is build_dir as well
  std::string install_tree;       ///< holds KERNELVER/build, which is kernel_source_dir
};

/// Name and version as dkms has them: they make directories of its trees.
struct CommandNames {
  std::string name;
  std::string version;
};
CommandNames command_names(const Manifest& manifest);

/// `${kernelver}`, `${kernel_source_dir}`, `${build_dir}`, `${dkms_tree}` and `${source_tree}` replaced, wherever they stand. The
/// values must be plain to a shell.
std::string command_text(std::string text, const CommandPlaces& places);

/// The environment that tells the same, beside what every build has: kernelver, kernel_source_dir, kernel_config, arch,
/// build_dir, dkms_tree, source_tree, install_tree, module, module_version, PACKAGE_NAME, PACKAGE_VERSION.
///
/// Source: facts debian.md section 1.3. bash runs the text with -c and without -e, as dkms does: its last command decides.
std::map<std::string, std::string> command_variables(const CommandNames& names, const CommandPlaces& places);

}  // namespace kmpack
