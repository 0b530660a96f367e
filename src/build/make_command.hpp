#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "kmpack/cell.hpp"
#include "kmpack/kernel.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// One kbuild of one directory of a cell.
struct MakeCall {
  const Cell& cell;
  const HeaderTree& headers;
  std::filesystem::path copy;       ///< the whole private source; its path must not show in the modules
  std::filesystem::path directory;  ///< where make is pointed at, in the copy
  std::vector<std::filesystem::path> extra_symbols;
  std::string compiler;      ///< given as CC=; empty: the tree knows it
  std::string further_maps;  ///< compiler options for what else must not show in the modules
};

/// The command without the jobserver and the log.
///
/// Shape:   what would tell one build from another (paths, time, user, host) is mapped or fixed, so that the modules come out the
/// same. Errors:  make-variable-reserved. Source:  linux Documentation/kbuild/modules.rst, kbuild.rst, reproducible-builds.rst;
/// gcc manual, -ffile-prefix-map.
Command make_command(const MakeCall& call);

/// What a make gets on its command line: what kmpack decides, then the manifest's own.
///
/// Errors: make-variable-reserved.
std::vector<MakeVariable> make_variables(const MakeCall& call);

/// What every build of a cell has in its environment, whoever calls make.
std::map<std::string, std::string> build_environment(const HeaderTree& headers);

/// Errors: build-path-unusable for a path that make or the compiler's options would take apart.
/// Source: linux Makefile ("source directory cannot contain spaces or colons"), scripts/Makefile.lib (-Wp,-MMD,FILE).
void check_buildable_path(const std::filesystem::path& path);

}  // namespace kmpack
