#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "flavors/catalogue.hpp"
#include "flavors/select.hpp"
#include "headers/find.hpp"
#include "kmpack/kernel.hpp"

namespace kmpack {

/// Unpacked packages of distributions, by content, private to the user, filled without installing anything.
///
/// Shape:   <cache>/headers/packages/<sha256>/ is one package unpacked; sets/<digest>/root/ is what one kernel's headers need,
/// hard
///          linked from those, with record.json beside. Files are read-only; what several have alike is one file of 1980-01-01,
///          all others have the packages' own times: see shared_files.hpp.
/// Threads: safe from many, and from many processes: everything appears by rename.

/// Kernels whose headers the store has. Records that cannot be read are passed over.
Kernels stored_kernels(const std::filesystem::path& cache, std::span<const Catalogue> catalogues);

/// Is all of it there: the kernel is on this disk already, or its set is in the store?
bool has_headers(const HeaderSources& sources, const Kernel& kernel);

/// Bring the headers of all these kernels into the store: download what is missing in one go, verify, unpack, compose.
/// What is there already is not touched; kernels with a tree of their own are passed over.
///
/// Errors:  package-digest-mismatch (nothing of it is kept), download-failed, archive-hostile, archive-unreadable, disk-full,
///          file-unwritable. Throws Cancelled; what was finished before stays.
/// Threads: one fetch per cache at a time; others wait.
void fetch_headers(const HeaderSources& sources, std::span<const std::shared_ptr<const Kernel>> kernels, const Errands& errands);

/// A tree to build against.
///
/// Shape:   `makefile` is set where the tree's own Makefile would include one by its absolute installed place.
/// Errors:  headers-absent (not in the store: hint says what fetches them), headers-unusable, kernel-without-modules.
/// Threads: safe from many.
/// Source:  measured: Debian's linux-headers-*/Makefile is one absolute include; with `make -f` of the common tree's Makefile the
/// set
///          is usable where it lies.
HeaderTree open_headers(const HeaderSources& sources, const Kernel& kernel);

/// The configuration of a kernel on this disk; nothing when its headers are not.
std::optional<KernelConfig> kernel_config(const HeaderSources& sources, const Kernel& kernel);

/// Bring the kernel's image package into the store (downloading it where `sources.metadata` is not none) and open it.
///
/// Errors:  as fetch_headers; image-absent (no such package is known, or it is not stored and may not be fetched).
ImageTree open_image(const HeaderSources& sources, const Kernel& kernel, const Errands& errands);

}  // namespace kmpack
