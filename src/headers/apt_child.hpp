#pragma once

#include <span>
#include <string>

namespace kmpack {

/// The part of kmpack that uses libapt-pkg, in a process of its own: `kmpack internal apt-index FILE`, `kmpack internal apt-fetch
/// FILE`. The library keeps global state, is not thread-safe and needs hundreds of megabytes for big archives.
///
/// Shape:   `args` starts with apt-index or apt-fetch; FILE is a JSON request that names the file for the answer. Nothing is
/// printed
///          but errors on stderr.
/// Errors:  none leave; the exit status is 0 when an answer was written, else 4.
int run_apt_child(std::span<const std::string> args);

}  // namespace kmpack
