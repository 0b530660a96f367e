#pragma once

#include <filesystem>
#include <map>
#include <stop_token>
#include <string>

#include "package/model.hpp"
#include "package/templates.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// Text of a spec file that needs nothing but a build root with the model's files. Text of the user comes out literally: no macro
/// in it is expanded and no line of it opens a section.
///
/// Errors:  those of Templates::render.
/// Source:  rpm docs/manual/spec.md.
std::string render_spec(const PackageModel& model, const std::map<std::string, std::string>& scripts, const Templates& templates);

/// Build `<name>-<version>-<release>.<arch>.rpm` into `directory` by running `executable internal rpmbuild`.
///
/// Shape:   the same model and files give the same bytes: fixed build host and times, no macros of the host, nothing strips or
/// compresses. Errors:  rpm-build-failed, file-unreadable, file-unwritable, disk-full, process-failed. Throws Cancelled. Nothing
/// half-written stays. Threads: safe from many; each child has its own directories.
PackageFile write_rpm(const PackageModel& model, const std::map<std::string, std::string>& scripts, const Templates& templates,
                      const std::filesystem::path& directory, const std::filesystem::path& scratch,
                      const std::filesystem::path& executable, CommandRunner& runner, std::stop_token stop);

}  // namespace kmpack
