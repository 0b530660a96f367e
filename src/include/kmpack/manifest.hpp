#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "kmpack/flavor.hpp"
#include "kmpack/names.hpp"

namespace kmpack {

/// Where the module sources are: a directory, or an archive with its digest. Paths are absolute after reading.
struct SourceSpec {
  std::filesystem::path directory;     ///< empty when an archive is given
  std::filesystem::path archive;       ///< empty when a directory is given
  std::string sha256;                  ///< of the archive, lower-case hex
  std::filesystem::path subdirectory;  ///< of the tree or archive that is the source root; relative, may be empty
  SourceSpan where;
};

/// Kernel versions, both ends inclusive; `max="6.1"` takes all of 6.1.x. Compared component by component as numbers.
struct KernelRange {
  std::optional<std::string> min;
  std::optional<std::string> max;

  [[nodiscard]] bool unbounded() const noexcept { return !min && !max; }
};

/// Which kernels a part of a manifest is for: those that one of the patterns names and that lie in the range. Nothing said: all.
///
/// A pattern with a series or a release after `@` means every kernel of it, not the newest alone.
struct KernelCondition {
  std::vector<FlavorPattern> flavors;
  KernelRange range;

  [[nodiscard]] bool unconditional() const noexcept { return flavors.empty() && range.unbounded(); }
};

struct PatchSpec {
  std::filesystem::path file;  ///< absolute
  int strip = 1;               ///< leading path components to drop, as `patch -pN`
  unsigned fuzz = 0;           ///< lines of context that need not be there; 0: every hunk fits as it is written
  KernelCondition when;
  SourceSpan where;
};

/// One make variable given on the command line of the kbuild call.
struct MakeVariable {
  std::string name;
  std::string value;
};

/// Shell text that bash runs in the source root of a cell.
///
/// Before bash sees it, kmpack puts in what differs from cell to cell, wherever it stands: `${kernelver}`,
/// `${kernel_source_dir}`,
/// `${build_dir}` (the source root), and `${dkms_tree}` and `${source_tree}`, which hold it by other names. The same names are in
/// its environment; docs/manifest.md lists all.
struct BuildCommand {
  std::string text;
  KernelCondition when;
  SourceSpan where;
};

struct MakeSpec {
  std::string target = "modules";
  std::vector<MakeVariable> variables;
  std::vector<BuildCommand> before;    ///< run first, in order
  std::vector<BuildCommand> commands;  ///< instead of kbuild, in order; none for a kernel: plain kbuild
  std::vector<BuildCommand> after;     ///< run last, when the modules are there
};

enum class Strip { no, yes };

struct ModuleSpec {
  ModuleName name;
  std::filesystem::path directory;  ///< relative to the source root; where its Kbuild or Makefile lies; "." by default
  std::vector<ModuleName> uses;     ///< modules of this manifest whose exported symbols it needs
  std::optional<ModuleName> file;   ///< name of the installed file, where it is not the module's own
  Strip strip = Strip::yes;         ///< of debug information
  KernelCondition when;
  SourceSpan where;
};

enum class ConfigNeed { enabled, builtin, module, disabled };

/// A CONFIG_ option the kernel must have so (`enabled` is y or m). A kernel that has it otherwise is excluded.
struct ConfigRequirement {
  std::string option;  ///< with the CONFIG_ prefix
  ConfigNeed need = ConfigNeed::enabled;
  std::optional<std::string> reason;
  SourceSpan where;
};

struct WantedKernels {
  FlavorPattern pattern;
};

struct ExcludedKernels {
  FlavorPattern pattern;
  KernelRange kernels;
  std::string reason;
  SourceSpan where;
};

struct KernelsSpec {
  std::vector<WantedKernels> include;
  std::vector<ExcludedKernels> exclude;
  std::vector<ConfigRequirement> config;
  KernelRange range;
};

struct Softdep {
  ModuleName module;
  std::vector<std::string> pre;
  std::vector<std::string> post;
};

struct ModuleOptions {
  ModuleName module;
  std::string text;  ///< as after `options MODULE ` in modprobe.d
};

struct FirmwareFile {
  std::filesystem::path file;  ///< absolute
  std::filesystem::path name;  ///< below /lib/firmware
  SourceSpan where = {};
};

enum class Initramfs { no, yes };

/// What is installed beside the modules.
struct InstallSpec {
  std::vector<Softdep> softdeps;
  std::vector<ModuleOptions> options;
  std::vector<ModuleName> blacklist;     ///< modules whose aliases modprobe ignores
  std::vector<ModuleName> load_at_boot;  ///< modules-load.d
  std::vector<FirmwareFile> firmware;
  std::vector<std::filesystem::path> licenses;   ///< relative to the source root
  std::vector<std::filesystem::path> documents;  ///< relative to the source root
  Initramfs initramfs = Initramfs::no;
};

enum class ScriptPhase { pre_install, post_install, pre_remove, post_remove };

struct ScriptFragment {
  ScriptPhase phase = ScriptPhase::post_install;
  std::string text;
  SourceSpan where;
};

/// What the user adds for one package format; relations are written as that format writes them.
struct FormatExtras {
  std::vector<std::string> needs;  ///< Requires / Depends
  std::vector<std::string> provides;
  std::vector<std::string> conflicts;
  std::vector<ScriptFragment> scripts;
};

enum class Multiversion { no, yes };

/// What the user decides about rpms alone.
struct RpmPolicy {
  std::optional<KernelPin> pin;  ///< instead of the distribution's usual one
  /// May packages for several kernels be installed side by side (SUSE's multiversion(kernel))?
  Multiversion multiversion = Multiversion::yes;
};

enum class DkmsSemantics {
  v3_0,  ///< of dkms 3.0, in Debian 12
  v3_4   ///< of dkms 3.4
};

/// The dkms.conf that a manifest was read from.
struct DkmsOrigin {
  std::filesystem::path conf;
  std::string name;  ///< PACKAGE_NAME and PACKAGE_VERSION as they stand there; the manifest's may have to differ
  std::string version;
  DkmsSemantics semantics = DkmsSemantics::v3_4;
  std::filesystem::path overrides;  ///< directory of the machine's own settings (/etc/dkms); empty: not read
};

struct Maintainer {
  std::string name;
  std::string mail;
};

/// One module package, as kmpack.xml describes it. Every path is absolute unless said otherwise.
struct Manifest {
  std::filesystem::path file;  ///< the manifest itself
  PackageName name;
  std::string version;
  std::string release = "1";
  std::string summary;
  std::string description;  ///< paragraphs divided by an empty line, no trailing newline
  std::string license;      ///< SPDX expression
  std::string url;
  std::string vendor;
  Maintainer maintainer;
  SourceSpec source;
  std::vector<PatchSpec> patches;
  MakeSpec make;
  std::vector<ModuleSpec> modules;
  std::vector<PackageName> build_depends;  ///< packages of modules whose symbols these need: built before, installed with
  KernelsSpec kernels;
  InstallSpec install;
  FormatExtras rpm;
  RpmPolicy rpm_policy;
  FormatExtras deb;
  /// Set when it came from a dkms.conf. Which modules there are and how they are made is then known for kernels only: until the
  /// pipeline has asked for those, `modules` is empty.
  std::optional<DkmsOrigin> dkms;
};

}  // namespace kmpack
