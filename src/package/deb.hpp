#pragma once

#include <filesystem>
#include <map>
#include <stop_token>
#include <string>

#include "package/model.hpp"

namespace kmpack {

/// Write `<name>_<version>_<arch>.deb` into `directory`, in-process.
///
/// Shape:   debian-binary, control.tar.xz, data.tar.xz; every file root's, sorted, with the model's time. The same model and
///          files give the same bytes, with any number of threads (0: one for each processor). What is packed is held in memory.
/// Errors:  file-unreadable, file-unwritable, disk-full. Throws Cancelled. Nothing half-written stays.
/// Threads: safe from many, for different packages.
/// Source:  deb(5).
PackageFile write_deb(const PackageModel& model, const std::map<std::string, std::string>& scripts,
                      const std::filesystem::path& directory, unsigned threads, std::stop_token stop);

}  // namespace kmpack
