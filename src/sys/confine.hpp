#pragma once

#include <filesystem>
#include <stop_token>
#include <vector>

#include "sys/process.hpp"

namespace kmpack {

/// What a child that runs foreign shell text may reach.
struct Confinement {
  /// A directory that the child finds at another place, too; writable where it is so at its own.
  struct Shown {
    std::filesystem::path from;
    std::filesystem::path at;  ///< need not exist on this disk, nor its parents
  };
  std::vector<std::filesystem::path> writable;  ///< directories, with everything below
  std::vector<std::filesystem::path> readable;  ///< must be seen even where they lie below /tmp, /var/tmp or /run
  std::vector<std::filesystem::path> emptied;   ///< directories that the child finds empty but for what is shown there
  std::vector<Shown> shown;
};

/// The command, confined: every other file read-only, a /tmp, /var/tmp and /run of its own, no network, no process outlives it.
///
/// Shape:   environment, directory, log, descriptors and limits stay as they are; a child that signal N ended gives exit status
///          128+N. Where this machine gives users no namespaces, or bwrap is not installed, the command comes back unchanged
///          (is_confining() says which it is; the caller warns, dkms-not-confined).
/// Threads: safe from many.
/// Source:  bwrap(1).
Command confined(Command command, const Confinement& confinement, CommandRunner& runner, std::stop_token stop);

/// Can this machine confine? Asked once in a process, by trying it.
bool is_confining(CommandRunner& runner, std::stop_token stop);

}  // namespace kmpack
