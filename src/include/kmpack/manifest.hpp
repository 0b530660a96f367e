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

struct PatchSpec {
  std::filesystem::path file;  ///< absolute
  int strip = 1;               ///< leading path components to drop, as `patch -pN`
  KernelRange kernels;
  SourceSpan where;
};

/// One make variable given on the command line of the kbuild call.
struct MakeVariable {
  std::string name;
  std::string value;
};

struct MakeSpec {
  std::string target = "modules";
  std::vector<MakeVariable> variables;
};

struct ModuleSpec {
  ModuleName name;
  std::filesystem::path directory;  ///< relative to the source root; where its Kbuild or Makefile lies; "." by default
  std::vector<ModuleName> uses;     ///< modules of this manifest whose exported symbols it needs
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
  KernelsSpec kernels;
  InstallSpec install;
  FormatExtras rpm;
  RpmPolicy rpm_policy;
  FormatExtras deb;
};

}  // namespace kmpack
