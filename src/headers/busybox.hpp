#pragma once

#include <filesystem>

#include "headers/find.hpp"
#include "kmpack/architecture.hpp"

namespace kmpack {

/// A static busybox for another architecture, from Debian's package busybox-static, brought into the store like a kernel's image:
/// checked against the archive's signed metadata, installed nowhere.
///
/// Shape:   what the store has is used, so that a second call needs no network; else the archive's newest is fetched, where
///          `sources.metadata` allows it.
/// Errors:  busybox-absent (no such package is known, or it is not stored and may not be fetched), those of fetch_headers().
/// Threads: safe from many; one fetch per cache at a time.
std::filesystem::path open_busybox(const HeaderSources& sources, const Architecture& architecture, const Errands& errands);

}  // namespace kmpack
