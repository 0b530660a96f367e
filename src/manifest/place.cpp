#include "manifest/place.hpp"

#include <fmt/format.h>

#include "kmpack/diagnostic.hpp"
#include "manifest/makefile_text.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

void refuse_dkms_conf(const fs::path& file) {
  throw Error({.code = "dkms-conf-unsupported",
               .message = "this version of kmpack does not read dkms.conf",
               .where = SourceSpan{file},
               .notes = {},
               .hint = "write a kmpack.xml beside it; 'kmpack init' starts one from the Kbuild or Makefile there"});
}

bool is_file(const fs::path& path) {
  std::error_code failed;
  return fs::is_regular_file(path, failed);
}

}  // namespace

fs::path find_manifest(const fs::path& argument) {
  std::error_code failed;
  if (!fs::is_directory(argument, failed)) {
    if (argument.filename() == "dkms.conf" && is_file(argument)) refuse_dkms_conf(argument);
    if (fs::exists(argument, failed)) return argument;
    throw Error({.code = "manifest-missing",
                 .message = fmt::format("there is no file or directory {}", argument.string()),
                 .where = {},
                 .notes = {},
                 .hint = "name a kmpack.xml, or a directory that has one"});
  }
  if (is_file(argument / "kmpack.xml")) return argument / "kmpack.xml";
  if (is_file(argument / "dkms.conf")) refuse_dkms_conf(argument / "dkms.conf");
  for (const char* name : {"Kbuild", "Makefile"}) {
    if (is_file(argument / name) && names_modules(argument / name)) return argument / name;
  }
  throw Error({.code = "manifest-missing",
               .message = fmt::format("{} has no kmpack.xml, and no Kbuild or Makefile with obj-m", argument.string()),
               .where = {},
               .notes = {},
               .hint = "go to the folder of the module sources, or name a manifest"});
}

}  // namespace kmpack
