#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "kmpack/module.hpp"

namespace kmpack {

/// Read what the kernel will check when it loads a module.
///
/// Shape:   one relocatable ELF file, plain or in .gz/.xz/.zst (told by its first bytes), one ModuleFacts out. A signature is
///          read, not verified. Needed symbols are sorted by name and include those that only __versions names (module_layout).
/// Units:   symbol CRCs are the 32-bit values of __versions and __kcrctab.
/// Errors:  module-unreadable (file, compression, damaged tables), module-too-large, module-not-elf, module-no-vermagic,
///          signature-malformed.
/// Threads: safe from many threads.
/// Source:  linux include/linux/vermagic.h, include/linux/export-internal.h, kernel/module/version.c, scripts/mod/modpost.c.
ModuleFacts read_module_facts(const std::filesystem::path& file);

/// The same from bytes in memory, decompressed already; `file` is for messages and ModuleFacts::file.
ModuleFacts read_module_facts(std::string_view elf, const std::filesystem::path& file);

/// The module file as the loader sees it: decompressed, its signature still at the end.
///
/// Errors:  module-unreadable, module-too-large, module-not-elf (both without reading all of it).
std::string decompressed_module(const std::filesystem::path& file);

}  // namespace kmpack
