#pragma once

#include <filesystem>
#include <stop_token>

#include "kmpack/kernel.hpp"
#include "kmpack/module.hpp"
#include "sign/key.hpp"

namespace kmpack {

/// Make a stripped module ready to be packed: sign, verify, compress, read back from disk.
///
/// Shape:   writes OUTPUT/NAME.ko with the suffix of its kernel's compression; its debug information, if it has any, comes to
///          OUTPUT/debug/NAME.ko.debug. A null key leaves the module unsigned and signed_by empty. The same input gives the same
///          bytes.
/// Errors:  module-already-signed, disk-full, seal-mismatch, those of read_module_facts and signature_of. Throws Cancelled on
/// stop. Threads: safe from many threads for different modules. Source:  linux scripts/Makefile.modinst (order; xz --check=crc32
/// --lzma2=dict=1MiB).
SealedModule seal_module(const StrippedModule& stripped, const HeaderTree& headers, const SigningKey* key,
                         const std::filesystem::path& output_directory, std::stop_token stop);

}  // namespace kmpack
