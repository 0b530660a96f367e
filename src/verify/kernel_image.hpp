#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kmpack/kernel.hpp"

namespace kmpack {

/// The compressed kernel inside a boot image.
struct KernelPayload {
  Compression compression = Compression::none;
  std::string_view bytes;  ///< into the image
};

/// Finds the compressed kernel in a bzImage of x86 or in an EFI program that unpacks itself (arm64, riscv64); nothing when this
/// is neither, or its compression is not known here.
///
/// Source: linux Documentation/arch/x86/boot.rst (setup_sects, payload_offset, payload_length); the last four bytes of the
/// payload are the unpacked size, which the build appends. linux drivers/firmware/efi/libstub/zboot-header.S: there the length
/// leaves them out.
std::optional<KernelPayload> find_payload(std::string_view image) noexcept;

/// True when an emulator may enter an unpacked kernel directly: an x86 ELF with the note for that (PVH), or an arm64 Image.
/// Source: Xen public/elfnote.h XEN_ELFNOTE_PHYS32_ENTRY; linux arch/x86/platform/pvh/head.S,
/// Documentation/arch/arm64/booting.rst.
bool has_direct_entry(std::string_view kernel) noexcept;

/// The unpacked kernel, when it can be booted without its own decompressor: that takes seconds under emulation, and emulators do
/// not start EFI programs by themselves.
std::optional<std::string> unpacked_kernel(std::string_view image);

}  // namespace kmpack
