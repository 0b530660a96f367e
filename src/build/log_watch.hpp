#pragma once

#include <cstdint>
#include <stop_token>

#include "kmpack/cell.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// No build says so much; what does would fill the disk with its log.
inline constexpr std::uint64_t kLargestLog = std::uint64_t{64} << 20;

/// Run a command of a build, and end it when its log grows beyond kLargestLog; the log is then cut there.
///
/// Errors:  those of CommandRunner::run(); BuildFailure (build-failed) for a log that is too large. Throws Cancelled.
/// Threads: safe from many, each with a log of its own.
Completed run_watched(CommandRunner& runner, const Command& command, const Cell& cell, std::stop_token stop);

}  // namespace kmpack
