#include "headers/symvers_file.hpp"

#include "headers/store_layout.hpp"
#include "sys/files.hpp"
#include "wrap/compress.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// As kLargestModule: no kernel's list comes near; measured 1.5 MB.
constexpr std::size_t kLargestSymvers = std::size_t{256} << 20;

}  // namespace

std::optional<fs::path> packed_symvers(const fs::path& tree, const fs::path& root, const KernelRelease& release) {
  for (const fs::path& place :
       {tree / "Module.symvers", tree / "symvers", root / "lib/modules" / release.str() / "symvers",
        root / "usr/lib/modules" / release.str() / "symvers", root / "boot" / ("symvers-" + release.str())}) {
    for (const char* suffix : {"", ".gz", ".xz", ".zst"}) {
      const fs::path file = place.string() + suffix;
      std::error_code absent;
      if (fs::is_regular_file(file, absent)) return file;
    }
  }
  return std::nullopt;
}

bool unpack_symvers(const fs::path& tree, const fs::path& root, const KernelRelease& release) {
  if (is_there(tree / "Module.symvers")) return true;
  const auto packed = packed_symvers(tree, root, release);
  if (!packed) return false;
  write_file(tree / "Module.symvers", decompressed(read_file(*packed), kLargestSymvers), fs::perms{0444});
  fs::last_write_time(tree / "Module.symvers", fs::last_write_time(*packed));
  return true;
}

}  // namespace kmpack
