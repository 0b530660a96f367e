#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "build/private_tree.hpp"
#include "kmpack/cell.hpp"
#include "kmpack/kernel.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// What is the same for all commands of a cell.
struct ShellCall {
  const Cell& cell;
  const HeaderTree& headers;
  const PrivateTree& tree;
  const CommandPlaces& places;
  std::vector<std::filesystem::path> extra_symbols;
  std::string compiler;            ///< for every make; empty: the tree knows it
  std::string compiler_name = {};  ///< the kernel's; empty where only the build will know it
};

/// bash with a command's text, in the source root; without the jobserver, the log and the confinement.
///
/// Shape:   with extglob, which dkms turns on and confs use. The environment of a plain kbuild, what dkms defines
/// (command_variables()), and what kmpack gives make on its command
///          line: options of the compiler as variables of the environment, to which a makefile may add, the rest by
///          definitions_for_makes().
/// Errors:  make-variable-reserved.
/// Source:  facts debian.md sections 1.2 (MAKE, PRE_BUILD) and 1.3; dkms 3.2.2 prepare_kernel: CC, KERNEL_CC, LD, KERNEL_LD.
Command shell_command(const ShellCall& call, const std::string& text);

/// The part of MAKEFLAGS by which every make of a command has variables as if on its command line; empty when there are none.
///
/// Source: GNU make manual, "Communicating Options to a Sub-make".
std::string definitions_for_makes(const ShellCall& call);

}  // namespace kmpack
