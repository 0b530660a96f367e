#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kmpack/kernel.hpp"

namespace kmpack {

/// The compressed kernel inside an x86 boot image.
struct KernelPayload {
  Compression compression = Compression::none;
  std::string_view bytes;  ///< into the image
};

/// Finds the compressed kernel in a bzImage; nothing when this is not one, or its compression is not known here.
///
/// Source: linux Documentation/arch/x86/boot.rst (setup_sects, payload_offset, payload_length); the last four bytes of the
/// payload are the unpacked size, which the build appends.
std::optional<KernelPayload> find_payload(std::string_view image) noexcept;

/// True when an ELF kernel has the note by which an emulator may enter it directly (PVH).
/// Source: Xen public/elfnote.h XEN_ELFNOTE_PHYS32_ENTRY; linux arch/x86/platform/pvh/head.S.
bool has_direct_entry(std::string_view elf) noexcept;

/// The unpacked kernel, when it can be booted without its own decompressor (which takes seconds under emulation).
std::optional<std::string> unpacked_kernel(std::string_view image);

}  // namespace kmpack
