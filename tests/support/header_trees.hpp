#pragma once

#include <filesystem>
#include <string>

#include "sys/files.hpp"

namespace kmpack::test {

/// The bones of one of Debian's header sets below `root`: what kmpack looks at, and nothing that make could use.
inline std::filesystem::path make_debian_tree(const std::filesystem::path& root, const std::string& release,
                                              const std::string& config = "CONFIG_MODULES=y\nCONFIG_X86_64=y\n") {
  const std::filesystem::path tree = root / "usr/src" / ("linux-headers-" + release);
  const std::filesystem::path common = root / "usr/src/linux-headers-common";
  const std::filesystem::path kbuild = root / "usr/lib/linux-kbuild";
  for (const auto& directory :
       {tree / "include/config", tree / "include/generated", common, kbuild / "scripts/basic", kbuild / "scripts/mod"})
    make_directories(directory);
  write_file(tree / "Module.symvers", "0x12345678\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n");
  write_file(tree / ".config", config);
  write_file(tree / "include/config/auto.conf", config);
  write_file(tree / "include/config/kernel.release", "6.1.192\n");
  write_file(tree / "include/generated/utsrelease.h", "#define UTS_RELEASE \"" + release + "\"\n");
  write_file(tree / "Makefile", "include /usr/src/linux-headers-common/Makefile\n");
  write_file(common / "Makefile", "modules:\n");
  write_file(kbuild / "scripts/basic/fixdep", "fixdep");
  write_file(kbuild / "scripts/mod/modpost", "modpost");
  std::filesystem::create_directory_symlink("../../lib/linux-kbuild/scripts", tree / "scripts");
  return tree;
}

}  // namespace kmpack::test
