#include "package/deb_names.hpp"

#include "base/text.hpp"
#include "package/naming.hpp"

namespace kmpack {
namespace {

/// The form is filled in one pass at a time; a package's name cannot hold braces.
std::string filled(const std::string& form, const Cell& cell, std::string_view place, const std::string& value) {
  return deb_name(replaced(replaced(form, "{name}", cell.manifest->name.str()), place, value));
}

}  // namespace

std::string deb_modules_name(const Cell& cell) {
  return filled(cell.kernel->rules.deb.modules, cell, "{release}", cell.kernel->release.str());
}

std::string deb_meta_name(const Cell& cell) {
  return filled(cell.kernel->rules.deb.meta, cell, "{meta}", cell.kernel->rules.meta_suffix);
}

std::string deb_virtual_name(const Manifest& manifest) { return deb_name(manifest.name.str() + "-modules"); }

std::string deb_source_name(const Manifest& manifest) { return deb_name(manifest.name.str() + "-kmod"); }

}  // namespace kmpack
