#pragma once

#include <span>
#include <string>

#include "sys/process.hpp"

namespace kmpack {

/// Body of `kmpack internal rpmbuild SPEC TOP ROOT TARGET EPOCH DIRECTORY`: the process of its own that librpmbuild needs.
///
/// Shape:   `args` are the words after `rpmbuild`. 0 when all packages of the spec lie in DIRECTORY; else 1, with what went wrong
/// on stderr in the form
///          that throw_rpm_child_error() reads.
int run_rpm_child(std::span<const std::string> args) noexcept;

/// Throw, here in the parent, what the child met: its own Error with code, message and notes, else process-failed.
[[noreturn]] void throw_rpm_child_error(const Completed& completed, const Command& command);

}  // namespace kmpack
