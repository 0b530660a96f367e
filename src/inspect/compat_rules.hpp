#pragma once

#include "kmpack/names.hpp"

// Private to src/inspect.
namespace kmpack::detail {

/// Does this kernel refuse a module whose struct module has another size than its own?
///
/// Source:  linux kernel/module/main.c (elf_validity_cache_copy), since 6.4; facts redhat.md section 5.3.
bool compares_struct_module(const KernelRelease& release);

}  // namespace kmpack::detail
