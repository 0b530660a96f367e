#pragma once

#include <filesystem>
#include <stop_token>

#include "kmpack/kernel.hpp"
#include "kmpack/module.hpp"
#include "sign/key.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// Make a built module ready to be packed: split and strip debug information, sign, verify, compress, read back from disk.
///
/// Shape:   writes OUTPUT/NAME.ko with the suffix of its kernel's compression and, when there was any debug information,
///          OUTPUT/debug/NAME.ko.debug; NAME is that of the file to be installed. A module that is not to be stripped keeps its
///          debug information and gets no such second file. A null key leaves the module unsigned and signed_by empty. The same
///          input gives the same bytes. Debug information goes, .BTF stays.
/// Errors:  module-already-signed, tool-missing, process-failed, disk-full, seal-mismatch, those of read_module_facts and
///          signature_of. Throws Cancelled on stop.
/// Threads: safe from many threads for different modules.
/// Source:  linux scripts/Makefile.modinst (order; xz --check=crc32 --lzma2=dict=1MiB).
SealedModule seal_module(const BuiltModule& built, const HeaderTree& headers, const SigningKey* key,
                         const std::filesystem::path& output_directory, CommandRunner& runner, std::stop_token stop);

}  // namespace kmpack
