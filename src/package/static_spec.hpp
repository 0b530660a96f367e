#pragma once

#include <span>
#include <string>

#include "package/recipe.hpp"
#include "package/source_files.hpp"
#include "package/spec.hpp"
#include "package/templates.hpp"

namespace kmpack {

/// A spec and what a source package holds beside it.
struct SourcePackage {
  SpecHead head;     ///< name, version and release of the source package
  std::string spec;  ///< text of `<head.name>.spec`
  SourceFiles files;
  bool archive_of_directory = false;  ///< source_archive_name() is to be made of the manifest's source directory
};

/// A spec that compiles, signs and packs as kmpack does, with every package written out: nothing is evaluated while it is read,
/// so that it means the same packages on every host.
///
/// Shape:   one manifest, one style; `parts` are its kernels, `common` the packages of none of them. Kernels of several
///          architectures stand under %ifarch. Order after %install: the distribution's strip, %__brp_kmod_sign, compression
///          (%__brp_kmod_compress where there is one).
/// Errors:  spec-style-mixed, spec-package-twice; those of render_recipe() and Templates::render.
/// Source:  facts redhat.md sections 4.1 to 4.3, suse.md section 4.1; rpm docs/manual/spec.md.
SourcePackage render_static_spec(std::span<const RecipePart> parts, std::span<const PackageModel> common,
                                 const Templates& templates);

}  // namespace kmpack
