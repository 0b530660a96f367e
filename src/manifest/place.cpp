#include "manifest/place.hpp"

#include <fmt/format.h>

#include "kmpack/diagnostic.hpp"
#include "manifest/makefile_text.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

bool is_file(const fs::path& path) {
  std::error_code failed;
  return fs::is_regular_file(path, failed);
}

}  // namespace

fs::path find_manifest(const fs::path& argument) {
  std::error_code failed;
  if (!fs::is_directory(argument, failed)) {
    if (fs::exists(argument, failed)) return argument;
    throw Error({.code = "manifest-missing",
                 .message = fmt::format("there is no file or directory {}", argument.string()),
                 .where = {},
                 .notes = {},
                 .hint = "name a kmpack.xml, or a directory that has one"});
  }
  for (const char* name : {"kmpack.xml", "dkms.conf"}) {
    if (is_file(argument / name)) return argument / name;
  }
  for (const char* name : {"Kbuild", "Makefile"}) {
    if (is_file(argument / name) && names_modules(argument / name)) return argument / name;
  }
  throw Error(
      {.code = "manifest-missing",
       .message = fmt::format("{} has no kmpack.xml, no dkms.conf, and no Kbuild or Makefile with obj-m", argument.string()),
       .where = {},
       .notes = {},
       .hint = "go to the folder of the module sources, or name a manifest"});
}

}  // namespace kmpack
