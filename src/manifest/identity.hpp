#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "kmpack/manifest.hpp"
#include "manifest/module_source.hpp"

namespace kmpack {

/// Fill in what a manifest lacks of its identity (name, version, licence, summary, maintainer) by what the sources of its modules
/// say.
///
/// Shape:   fields that have something stay. Returns what had to be guessed, one line each, as `license: …`; `file` is what
///          describes the package, its folder a candidate for the name. For a dkms.conf it is also told where each text was
///          found: which files are the driver's is a guess itself there.
/// Threads: safe from many.
/// Source:  linux Documentation/process/license-rules.rst.
std::vector<std::string> fill_identity(Manifest& manifest, const std::vector<ModuleSource>& sources,
                                       const std::filesystem::path& file);

/// What the C files below a directory that declare a module say, those named as one of `modules` first.
///
/// Shape:   files that are no module's, very large or not readable are passed over; symbolic links are not followed.
/// Threads: safe from many.
std::vector<ModuleSource> module_sources(const std::filesystem::path& root, const std::vector<std::string>& modules);

/// The same text in lower case with `-` for `_`: how most names become ones that dpkg and rpm take.
std::string as_package_name(std::string text);

/// May a package be called so, may it have such a version or release? As in a kmpack.xml.
bool is_package_name_text(const std::string& text);
bool is_version_text(const std::string& text);
bool is_release_text(const std::string& text);
bool is_module_name_text(const std::string& text);

}  // namespace kmpack
