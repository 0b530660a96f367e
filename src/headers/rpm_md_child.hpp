#pragma once

#include <span>
#include <string>

namespace kmpack {

/// The part of kmpack that talks to rpm-md repositories, in a process of its own: `kmpack internal rpm-md-index FILE`, `kmpack
/// internal rpm-md-fetch FILE`. libcurl and the XML of strangers stay out of the main process, and ctrl-C ends a download at
/// once.
///
/// Shape:   `args` starts with rpm-md-index or rpm-md-fetch; FILE is a JSON request that names the file for the answer. Nothing
/// is
///          printed but errors on stderr.
/// Errors:  none leave; the exit status is 0 when an answer was written, else 4.
int run_rpm_md_child(std::span<const std::string> args);

}  // namespace kmpack
