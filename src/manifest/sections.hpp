#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kmpack/manifest.hpp"
#include "manifest/reading.hpp"
#include "wrap/xml.hpp"

namespace kmpack {

/// The parts of a kmpack.xml, each given the element it stands in. All report to `reading` and fill what they could read.

SourceSpec read_source(const XmlElement& element, Reading& reading);
std::vector<PatchSpec> read_patches(const XmlElement& element, Reading& reading);
MakeSpec read_make(const XmlElement& element, Reading& reading);
std::vector<ModuleSpec> read_modules(const XmlElement& element, Reading& reading);
std::vector<PackageName> read_build_depends(const XmlElement& root, Reading& reading);
KernelsSpec read_kernels(const XmlElement& element, Reading& reading);
InstallSpec read_install(const XmlElement& element, const std::vector<ModuleSpec>& modules, Reading& reading);
FormatExtras read_extras(const XmlElement& element, Reading& reading);
RpmPolicy read_rpm_policy(const XmlElement& element, Reading& reading);

/// The attributes for, min and max of an element. Errors: flavor-pattern-invalid, entry-duplicate, kernel-range-invalid.
KernelCondition read_condition(const XmlElement& element, Reading& reading);

/// The modules of a manifest by name, `-` and `_` being the same.
class OwnModules {
 public:
  explicit OwnModules(const std::vector<ModuleSpec>& modules);
  /// The module that a field names, as it is spelled where it is declared. Errors: module-unknown.
  std::optional<ModuleName> find(const Field& field, Reading& reading) const;

 private:
  std::map<std::string, ModuleName> by_spelling_;
  std::vector<std::string> names_;  ///< for suggestions; not all when there are very many
};

}  // namespace kmpack
