#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "package/model.hpp"
#include "package/templates.hpp"

namespace kmpack {

/// The main package of a spec: it has no files, so that no rpm comes of it, and gives the source package its name.
struct SpecHead {
  std::string name;
  std::string version;
  std::string release;
  std::string summary;
  std::string license;
  std::string url;
  std::string vendor;
  std::string packager;           ///< `Name <mail>`
  std::string description;        ///< paragraphs divided by an empty line
  std::string change;             ///< the one entry of the changelog
  std::string arch;               ///< "noarch" when all of it fits every machine; else not said
  std::int64_t epoch = 0;         ///< date of that entry
  std::vector<std::string> tags;  ///< more lines of the preamble, as `BuildRequires: make`; taken as they are, macros and all
};

/// Name, version and words of the source package that packages in `style` come from.
///
/// Shape:   kmp `<name>`; plain `kmod-<name>`; kmod and fedora `<name>-kmod`: `kmod-<name>` is a package of theirs, and rpm takes
/// no
///          sub-package that has the main package's name.
/// Errors:  package-name-invalid.
SpecHead spec_head(const Manifest& manifest, RpmStyle style, std::int64_t epoch);

/// Preamble, description and changelog of a spec, without `%files`. Text of the user is literal.
///
/// Errors:  those of Templates::render.
/// Source:  rpm docs/manual/spec.md.
std::string render_spec_head(const SpecHead& head, const Templates& templates);

/// The sections of one sub-package: `%package -n` with its tags, `%description -n`, scriptlets, `%files -n`. Text of the user is
/// literal: no macro in it is expanded and no line of it opens a section.
///
/// Shape:   a line of text that begins with a section or condition of rpm (`%if`, `%files`) and, in descriptions, with `#`, has
///          kRpmLineGuard before it. rpm 4.18 looks for those after it has expanded macros, so nothing that a spec can say hides
///          them; build_rpm() takes the guards off again, with plain rpmbuild they stay. Other lines need none.
/// Errors:  those of Templates::render.
std::string render_spec_package(const PackageModel& model, const std::map<std::string, std::string>& scripts,
                                const Templates& templates);

}  // namespace kmpack
