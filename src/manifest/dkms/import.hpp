#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>

#include "kmpack/kernel.hpp"
#include "kmpack/manifest.hpp"
#include "manifest/dkms/conf.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// The package of a dkms.conf before any kernel is asked about: its identity, and `dkms`; no modules.
///
/// Shape:   the conf is evaluated once, for an invented kernel, as `dkms add` does for the one that runs, and of that only the
/// name
///          and the version are taken. Licence, summary and maintainer are what the sources beside it say, as for a Kbuild.
///          `asked` says the file and how it is read.
/// Errors:  reports file-unreadable, dkms-name-missing and what evaluate_dkms() reports; warns dkms-name-changed,
///          dkms-version-changed, dkms-guess. Throws Cancelled.
/// Threads: safe from many.
std::optional<Manifest> manifest_from_dkms(const DkmsOrigin& asked, CommandRunner& runner, std::stop_token stop,
                                           Diagnostics& problems);

/// The name and version that a package can have, as near to those of the conf as both formats allow.
///
/// Shape:   `0.8-2` is version 0.8 and release 2; a version of `#MODULE_VERSION#` comes out empty, for the sources to say.
/// Errors:  warns dkms-name-changed, dkms-version-changed; reports dkms-name-unusable, dkms-version-unusable.
void set_dkms_identity(Manifest& manifest, const std::string& name, const std::string& version, Diagnostics& problems);

/// The name without a `-dkms` at its end, which is what distributions call packages of sources: jool's PACKAGE_NAME is
/// jool-dkms, and so is Debian's package, which those of the modules conflict with.
///
/// Source:  facts debian.md section 1.5; Debian's jool-dkms and rapiddisk-dkms.
std::string without_dkms(std::string name);

/// What a dkms.conf means for one kernel.
struct DkmsAnswer {
  std::shared_ptr<const Kernel> kernel;
  DkmsConf conf;
};

/// One manifest for all kernels that were asked about. What not all of them have gets a condition: flavor and series where all
/// given kernels of those agree, else their releases. Limits on the kernel's version and options become those of the manifest,
/// and hold for kernels that were not asked about, too; kernels excluded for anything else become exclusions with the conf's
/// reason.
///
/// Shape:   `identity` with modules, commands, patches and exclusions; `answers` in any order, none twice.
/// Errors:  reports file-missing, path-unsafe, dkms-script-missing, dkms-script-not-executable, module-name-invalid,
///          package-name-invalid, and gives nothing then; warns dkms-script-left-out.
/// Threads: safe from many.
std::optional<Manifest> merged_dkms(const Manifest& identity, std::span<const DkmsAnswer> answers, Diagnostics& problems);

/// What of BUILD_EXCLUSIVE_* and OBSOLETE_BY merged_dkms() cannot say in general, but only as it comes out for the kernels asked
/// about: patterns, what is for one module, what is not the same for all of them. Each once.
std::vector<DkmsRule> rules_of_these_kernels(const Manifest& identity, std::span<const DkmsAnswer> answers);

/// The directory in which plain kbuild makes what this make call makes, `.` for the source root; nothing when the call is more,
/// or other, than kbuild for one directory.
///
/// Source:  linux Documentation/kbuild/modules.rst 2.1; dkms 3.0.10 prepare_build, its generic call.
std::optional<std::filesystem::path> plain_kbuild_directory(const DkmsConf& conf, const std::filesystem::path& source);

/// The line of a conf that gives a directive this value, else the first that names the directive; 0 when none does.
std::uint32_t line_of_directive(std::string_view conf, std::string_view directive, std::string_view value);

}  // namespace kmpack
