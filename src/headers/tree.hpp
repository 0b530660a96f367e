#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/kernel.hpp"

namespace kmpack {

/// What a directory with kernel headers says about itself.

/// Has it what a module build needs of it: Module.symvers and a configuration?
bool is_header_tree(const std::filesystem::path& tree);

/// `uname -r` of the kernel it belongs to, from include/generated/utsrelease.h. Not from kernel.release: Debian 12 has the
/// upstream version there (measured).
std::optional<std::string> release_of_tree(const std::filesystem::path& tree);

/// The same from include/config/kernel.release, which rpm distributions write in full.
std::optional<std::string> configured_release(const std::filesystem::path& tree);

/// The machine its kernel is for, in uname's spelling; empty when the configuration does not say.
std::string machine_of(const KernelConfig& config);

/// The absolute path that the tree's Makefile includes, when that is what it does.
std::optional<std::filesystem::path> included_makefile(const std::filesystem::path& tree);

/// The makefile that the tree's Makefile includes by a relative path, as SUSE's object trees do; it need not be there.
std::optional<std::filesystem::path> relative_makefile(const std::filesystem::path& tree);

/// The CROSS_COMPILE that the tree sets whatever the command line says.
std::string forced_cross_prefix(const std::filesystem::path& tree);

/// The trees beside this one that its links lead into: Ubuntu's flavors are made of links into the common package.
std::set<std::filesystem::path> trees_beside(const std::filesystem::path& tree);

/// What machine a program of kbuild is for, in uname's spelling; empty when it is no ELF file or for one that nobody here knows.
///
/// Source:  elf(5): e_ident and e_machine.
std::string_view machine_of_program(const std::filesystem::path& program);

}  // namespace kmpack
