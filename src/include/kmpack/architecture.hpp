#pragma once

#include <cstdint>
#include <string_view>

namespace kmpack {

/// One machine architecture in the spellings of all who name it.
///
/// Source: Linux top-level Makefile (SUBARCH), dpkg's cputable and ostable, rpm's rpmrc, elf.h.
struct Architecture {
  std::string_view machine;   ///< `uname -m`, also rpm's name: x86_64, aarch64, i686, armv7l
  std::string_view deb;       ///< amd64, arm64, i386, armhf
  std::string_view rpm;       ///< x86_64, aarch64, i686, armv7hl
  std::string_view kernel;    ///< value of ARCH in kbuild: x86, arm64, arm
  std::string_view triplet;   ///< GNU triplet as in compiler names: x86_64-linux-gnu
  std::uint16_t elf_machine;  ///< e_machine of its modules
};

/// The architecture that any of the spellings names, or null.
const Architecture* find_architecture(std::string_view any_spelling) noexcept;
/// Do two spellings name one architecture? Also true of two equal words nobody knows.
bool same_architecture(std::string_view left, std::string_view right) noexcept;
/// The architecture this program was compiled for.
const Architecture& host_architecture() noexcept;

}  // namespace kmpack
