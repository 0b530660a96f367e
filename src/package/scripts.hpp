#pragma once

#include <map>
#include <stop_token>
#include <string>

#include "package/model.hpp"
#include "package/templates.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// The maintainer scripts of a deb, by file name (preinst, postinst, prerm, postrm); only those that do something.
///
/// Shape:   POSIX sh, `set -e`, for use with and without DPKG_ROOT. Nothing fails because kernel, /boot or depmod are absent, and
///          nothing stays when kernel and modules have gone, in whatever order. docs/decisions/0008-deb-scripts.md.
/// Errors:  those of Templates::render.
/// Source:  Debian Policy 6; facts debian.md sections 3.3 to 3.5; mokutil 0.6.0 and efivarfs (as they answer).
std::map<std::string, std::string> render_deb_scripts(const PackageModel& model, const Templates& templates);

/// May the kernel be gone when the script runs?
enum class Forgetting { no, yes };
/// Shell functions that refresh, or forget, the module index and initramfs of the model's kernel.
std::string script_functions(const PackageModel& model, Forgetting forgetting, const Templates& templates);

/// The scriptlets of an rpm by section name (pre, post, preun, postun, posttrans); text without `#!`, not yet escaped for a spec.
///
/// Shape:   the user's removal fragments run when the last version goes ($1 is 0), as in a deb. A kmp calls SUSE's
///          kernel-scriptlets and does what is needed itself where there are none; for weak-modules all packages of one
///          transaction note what changed and the first posttrans settles it.
/// Source:  facts suse.md sections 1.5, 1.6, 1.7, 8.9; redhat.md sections 1.3, 1.8 (kvdo), 5.
std::map<std::string, std::string> render_rpm_scripts(const PackageModel& model, const Templates& templates);

/// Let `sh -n` read scripts that hold text of the user.
///
/// Errors:  script-invalid, tool-missing.
void check_scripts(const PackageModel& model, const std::map<std::string, std::string>& scripts, CommandRunner& runner,
                   std::stop_token stop);

}  // namespace kmpack
