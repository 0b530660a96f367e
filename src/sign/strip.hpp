#pragma once

#include <filesystem>
#include <stop_token>

#include "kmpack/kernel.hpp"
#include "kmpack/module.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// Part a built module from its debug information, before any key comes near it.
///
/// Shape:   writes OUTPUT/NAME.ko and, when there was any debug information, OUTPUT/debug/NAME.ko.debug; NAME is that of the file
///          to be installed. A module that is not to be stripped is copied with its debug information and gets no second file.
///          The same input gives the same bytes. Debug information goes, .BTF stays.
/// Errors:  module-already-signed, tool-missing, process-failed, disk-full, those of read_module_facts. Throws Cancelled on stop.
/// Threads: safe from many threads for different modules.
/// Source:  linux scripts/Makefile.modinst (INSTALL_MOD_STRIP); find-debuginfo(1); dh_strip(1).
StrippedModule strip_module(const BuiltModule& built, const HeaderTree& headers, const std::filesystem::path& output_directory,
                            CommandRunner& runner, std::stop_token stop);

}  // namespace kmpack
