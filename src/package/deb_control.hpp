#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "package/model.hpp"

namespace kmpack {

/// Text of the control file. `installed_kib` is Installed-Size. Whatever the model holds, no text of it becomes a field of its
/// own.
///
/// Source:  Debian Policy 5.3, 5.6; deb-control(5); order of the fields: dpkg-gencontrol(1).
std::string render_control(const PackageModel& model, std::uint64_t installed_kib);

/// The value of a field of relations: `kmod, a | b, c (= 1-1)`.
std::string deb_relations(std::span<const Relation> relations);

/// The value of Description: the synopsis, then the lines of the extended one, each with its blank before and newline after.
///
/// Source:  Debian Policy 5.6.13.
std::string deb_description(const PackageModel& model);

}  // namespace kmpack
