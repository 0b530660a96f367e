#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "package/recipe.hpp"
#include "package/templates.hpp"

namespace kmpack {

/// A file below `debian/`.
struct DebianFile {
  std::filesystem::path place;  ///< relative to `debian/`
  std::string content;
  std::filesystem::path file;  ///< with the content, where that is the user's
  unsigned mode = 0644;
};

/// A Debian source package but for its upstream source.
struct DebianSource {
  std::string name;
  std::string version;  ///< of upstream
  std::string release;
  std::int64_t epoch = 0;
  std::vector<DebianFile> files;  ///< sorted by place

  [[nodiscard]] std::string full_version() const { return version + "-" + release; }
};

/// A complete `debian/` whose packages are those that write_deb() makes of the same models: the names, relations, files, scripts
/// and, built by the same tools, the same modules.
///
/// Shape:   one manifest; `parts` are its kernels, with the models of deb_models(), `common` the packages of none of them.
///          debhelper is all that is needed to build it; -dbgsym packages are debhelper's own. Kernels of several architectures
///          stand beside each other, and the one built for chooses. Patches have ranges of kernels, so they are applied to a
///          kernel's copy of the source and are no quilt series. `top` is source_top().
/// Errors:  debian-package-twice; those of make_command() and Templates::render.
/// Source:  facts debian.md sections 3 and 7; Debian Policy 4, 5; debhelper(7).
DebianSource render_debian_source(std::span<const RecipePart> parts, std::span<const PackageModel> common,
                                  const std::filesystem::path& top, const Templates& templates);

}  // namespace kmpack
