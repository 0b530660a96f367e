#include "verify/bare_image.hpp"

#include "sys/files.hpp"

namespace kmpack {

ImageTree bare_image(const Kernel& kernel, const std::filesystem::path& directory) {
  const std::string& release = kernel.release.str();
  ImageTree image{.root = directory};
  image.modules = directory / "lib/modules" / release;
  image.vmlinuz = directory / "boot" / ("vmlinuz-" + release);
  image.system_map = directory / "boot" / ("System.map-" + release);
  make_directories(image.modules);
  // Source: linux scripts/Makefile.modinst, top-level Makefile (modules_install): every installed kernel has these.
  for (const char* list : {"modules.builtin", "modules.builtin.modinfo", "modules.order"}) write_file(image.modules / list, "");
  return image;
}

}  // namespace kmpack
