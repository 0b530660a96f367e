#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kmpack/dependency.hpp"
#include "package/model.hpp"
#include "package/rpm_style.hpp"

/// How a package asks for others whose symbols its modules use. Private to this folder.
namespace kmpack {

/// What a package of modules provides beside its name, so that one whose symbols are others does not stand for it: neither its
/// name nor its version says that. `hello-modules-6.1.0-56-amd64-abi-0a1b2c3d4e`. Nothing when the modules export nothing.
std::optional<std::string> abi_name(const std::string& package, std::span<const ModuleFacts* const> modules);
/// For the worlds where no dependency names symbols: debs, and rpms without a distribution's style.
void provide_abi(PackageModel& model, std::span<const SealedModule> modules);

/// `modules` gets what it needs of the packages it was built against. Of debs: name and symbols; the version may rise.
void need_deb_dependencies(PackageModel& modules, std::span<const BuiltDependency> dependencies);
/// The package that follows the newest kernel asks for those that do so, too.
void need_deb_metas(PackageModel& meta, std::span<const BuiltDependency> dependencies);

/// Of rpms: the name; the symbols, as the style writes them; and the kernel, where the other package is for one alone and has a
/// name that does not say which.
void need_rpm_dependencies(PackageModel& modules, const RpmCell& rpm, std::span<const BuiltDependency> dependencies);
void need_fedora_metas(PackageModel& meta, std::span<const BuiltDependency> dependencies);

}  // namespace kmpack
