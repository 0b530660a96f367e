#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "flavors/catalogue.hpp"
#include "package/static_spec.hpp"

namespace kmpack {

/// Flavors that a call of %kernel_module_package names, as its distribution spells them; none: the macro's own choice, which is
/// every flavor in the build root on SUSE and the default one on Red Hat's side.
struct MacroFlavors {
  bool suse_wanted = false;
  bool redhat_wanted = false;
  std::vector<std::string> suse;
  std::vector<std::string> redhat;              ///< `default` or a variant: rt, 64k-debug
  std::vector<std::string> suse_distributions;  ///< that the spec is wanted for
  std::vector<std::string> redhat_distributions;
};

/// What patterns mean for the macro: those of the command line, else the manifest's.
///
/// Shape:   the flavors of catalogues with SUSE's and with Red Hat's packages whose distribution and name a pattern fits, each
/// once.
///          A pattern's architecture and release are the build root's choice and not looked at.
/// Errors:  reports spec-no-macro when no pattern means such a distribution, spec-strip-left-out (a warning),
/// spec-macro-conditional for parts of the manifest that are for kernels which a spec for the build root's cannot tell from
/// others.
MacroFlavors macro_flavors(const Manifest& manifest, std::span<const FlavorPattern> patterns,
                           std::span<const Catalogue> catalogues, Diagnostics& problems);

/// A short spec that calls %kernel_module_package, for OBS, koji and mock.
///
/// Shape:   one spec for both families of distributions. Preamble and file list stand in it and are written where the macros look
///          for files while the spec is read (docs/decisions/0007-inline-preamble.md). `certificate` may be empty.
/// Errors:  make-variable-reserved, package-name-invalid; those of Templates::render.
/// Source:  facts suse.md sections 1.2 to 1.5, redhat.md sections 1.2 to 1.4.
SourcePackage render_macro_spec(const Manifest& manifest, const MacroFlavors& flavors, const std::filesystem::path& certificate,
                                std::int64_t epoch, const Templates& templates);

}  // namespace kmpack
