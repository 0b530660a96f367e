#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "kmpack/manifest.hpp"
#include "package/static_spec.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// Write the spec and every file it names into `directory`, as OBS and dist-git have them beside each other.
///
/// Shape:   the archive of a source directory holds what a build of kmpack sees of it (`workspace` is left out), sorted, with one
///          time and owner: the same source gives the same bytes. Answers the files, the spec first.
/// Errors:  source-missing, source-digest, file-unreadable, file-unwritable, disk-full. Throws Cancelled.
std::vector<std::filesystem::path> write_source_files(const SourcePackage& package, const Manifest& manifest,
                                                      const std::filesystem::path& workspace,
                                                      const std::filesystem::path& directory, std::stop_token stop);

/// Make `<name>-<version>-<release>.src.rpm` in `directory` of what write_source_files() wrote there, by `rpmbuild -bs`.
///
/// Shape:   the same files give the same bytes: fixed times, owners and build host; neither the distribution's nor the user's
///          macros are read, so that nothing is evaluated. The tool and not the library: it does just this, in a process of its
///          own.
/// Errors:  tool-missing, process-failed, file-unwritable. Throws Cancelled.
/// Source:  rpmbuild(8); rpm docs/manual/macros.md (_srcdefattr), build/build.c (a source package is built on any architecture).
std::filesystem::path write_source_rpm(const SourcePackage& package, const std::filesystem::path& directory,
                                       const std::filesystem::path& scratch, CommandRunner& runner, std::stop_token stop);

}  // namespace kmpack
