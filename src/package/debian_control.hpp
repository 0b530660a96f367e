#pragma once

#include <span>
#include <string>

#include "package/recipe.hpp"
#include "package/templates.hpp"

/// The control file of a Debian source package. Private to this folder.
namespace kmpack {

/// Package of a kernel's headers: linux-headers-6.1.0-56-amd64, proxmox-headers-6.8.12-1-pve.
std::string headers_package(const Kernel& kernel);

/// Text of `debian/control`.
///
/// Shape:   each paragraph says what the package's own control file says, and nothing that follows from the source's. Versions of
///          this source stand as substitution variables, so that a new entry in the changelog is all that a new revision takes;
///          what the user wrote is not taken for one.
/// Errors:  those of Templates::render.
/// Source:  Debian Policy 5.2, 5.6; deb-src-control(5), deb-substvars(5).
std::string render_source_control(std::span<const RecipePart> parts, std::span<const PackageModel> packages,
                                  const Templates& templates);

}  // namespace kmpack
