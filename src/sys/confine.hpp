#pragma once

#include <cstdint>
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
  std::vector<std::filesystem::path> readable;  ///< must be seen, with everything below, wherever they lie
  std::vector<std::filesystem::path> emptied;   ///< directories that the child finds empty but for what is shown there
  std::vector<Shown> shown;
  std::filesystem::path start{};                ///< where the child begins, made for it; empty: in the command's directory
  std::uint64_t room = std::uint64_t{1} << 30;  ///< bytes that each directory of its own takes: they are memory of the machine
};

/// The command, confined: of the machine only its programs and their settings (/usr, /etc, /opt, /sys), read-only, a /tmp,
/// /var/tmp, /run and /dev/shm of its own, no network, no process outlives it.
///
/// Shape:   what lies elsewhere (/home, /root, /var, /srv, …) it finds only where it is named: a socket can be talked through
/// wherever
///          it can be seen, read-only or not.
///           environment, directory, log, descriptors and limits stay as they are; a child that signal N ended gives exit status
///          128+N. Where this machine gives users no namespaces, or bwrap is not installed, the command comes back unchanged
///          (is_confining() says which it is; the caller warns, dkms-not-confined).
/// Errors:  those of is_confining().
/// Threads: safe from many.
/// Source:  bwrap(1); unix(7) (connecting needs no writable mount).
Command confined(Command command, const Confinement& confinement, CommandRunner& runner, std::stop_token stop);

/// Can this machine confine? Asked once in a process, by trying it.
///
/// Errors:  confinement-unknown where the machine is too busy to answer: that is no "no". confinement-missing for a "no" where
/// the
///          environment has KMPACK_CONFINE=must.
bool is_confining(CommandRunner& runner, std::stop_token stop);

}  // namespace kmpack
