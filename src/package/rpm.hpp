#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "package/model.hpp"
#include "package/spec.hpp"
#include "package/templates.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// One sub-package of a spec.
struct RpmPart {
  PackageModel model;
  std::map<std::string, std::string> scripts;  ///< of render_rpm_scripts()
};

/// Text of a spec file that needs nothing but a build root with the models' files.
///
/// Errors:  those of Templates::render.
std::string render_spec(const SpecHead& head, std::span<const RpmPart> parts, const Templates& templates);

/// Build `<name>-<version>-<release>.<arch>.rpm` of each part into `directory`, all by one run of `executable internal rpmbuild`.
///
/// Shape:   the same models and files give the same bytes: fixed build host and times, no macros of the host, nothing strips or
///          compresses. All parts have one time and one architecture, or none (noarch). In the order of `parts`.
/// Errors:  rpm-build-failed, file-unreadable, file-unwritable, disk-full, process-failed. Throws Cancelled. Nothing half-written
///          stays.
/// Threads: safe from many; each child has its own directories.
std::vector<PackageFile> write_rpms(const SpecHead& head, std::span<const RpmPart> parts, const Templates& templates,
                                    const std::filesystem::path& directory, const std::filesystem::path& scratch,
                                    const std::filesystem::path& executable, CommandRunner& runner, std::stop_token stop);

}  // namespace kmpack
