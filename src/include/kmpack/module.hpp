#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "kmpack/kernel.hpp"
#include "kmpack/manifest.hpp"
#include "kmpack/names.hpp"

namespace kmpack {

/// A .ko as kbuild left it: not stripped, not signed, not compressed.
struct BuiltModule {
  ModuleName name;
  std::filesystem::path file;
  std::string installed = {};  ///< name of the installed file without .ko; empty: the module's own
  Strip strip = Strip::yes;
};

/// What one cell's build left on disk.
struct BuildRecord {
  std::vector<BuiltModule> modules;
  std::filesystem::path source;   ///< the cell's patched source tree; holds license and document files
  std::filesystem::path symvers;  ///< symbols this package exports, all directories together
  std::filesystem::path log;
  std::chrono::milliseconds wall{};
  std::vector<Diagnostic> warnings;  ///< as a module that was built and that the manifest does not name
  std::string copied = {};           ///< digest of the source directory as it was copied, before patches; empty: an archive
};

struct NeededSymbol {
  std::string name;
  std::optional<std::uint32_t> crc;  ///< absent where the kernel has no MODVERSIONS
  bool weak = false;                 ///< the loader leaves it zero when nothing exports it
};

struct ExportedSymbol {
  std::string name;
  std::optional<std::uint32_t> crc;
  std::string symbol_namespace;
  bool gpl_only = false;
};

/// What the trailer of a signed module says, before anything is verified.
struct SignatureFacts {
  std::string signer;      ///< issuer common name
  std::string key_serial;  ///< certificate serial number, upper-case hex with colons, as modinfo's sig_key
  std::string hash;        ///< sha256
};

/// Everything a loader or packager asks of a module file.
struct ModuleFacts {
  ModuleName name;
  std::filesystem::path file;
  Compression compression = Compression::none;
  std::uint16_t elf_machine = 0;
  std::string vermagic;
  std::string license;
  std::string version;
  std::string srcversion;
  std::string description;
  std::vector<std::string> depends;
  std::vector<std::string> aliases;
  std::vector<std::string> softdeps;  ///< "pre: a b", as in modinfo
  std::vector<std::string> firmware;
  std::vector<std::string> import_namespaces;
  std::vector<std::string> parameters;  ///< "name: description" or "name"
  std::vector<NeededSymbol> needed;
  std::vector<ExportedSymbol> exported;
  bool has_btf = false;
  std::uint64_t struct_module_size = 0;  ///< of .gnu.linkonce.this_module, in bytes: sizeof(struct module) where it was built
  std::optional<SignatureFacts> signature;

  /// First word of vermagic.
  [[nodiscard]] KernelRelease release() const { return KernelRelease{vermagic.substr(0, vermagic.find(' '))}; }
};

/// A built module and its debug information apart: what no key and no compression has touched, the same for all who pack it.
struct StrippedModule {
  ModuleFacts facts;
  std::filesystem::path file;
  std::filesystem::path debug = {};  ///< empty: it has none, or keeps it (Strip::no)
  ModuleName name;                   ///< in the manifest
  std::string installed = {};        ///< as in BuiltModule
  Strip strip = Strip::yes;
};

/// All that packages take from a build; what the cache of results keeps.
struct BuildResult {
  std::vector<StrippedModule> modules;
  std::filesystem::path source;   ///< patched sources: documents, and what debug information names
  std::filesystem::path symvers;  ///< as BuildRecord::symvers
  std::filesystem::path log;
  std::chrono::milliseconds wall{};  ///< that the build took when it was done
  std::vector<Diagnostic> warnings;
  std::string copied = {};  ///< as BuildRecord::copied; not kept
};

/// A module ready to be packed: stripped, signed when a key was given, compressed as its kernel reads it.
struct SealedModule {
  ModuleFacts facts;  ///< of the finished file
  std::filesystem::path file;
  std::string sha256;
  std::string signed_by;  ///< common name of the certificate; empty: UNSIGNED

  /// What modprobe and depmod know it by: the file's name up to .ko.
  [[nodiscard]] std::string loader_name() const {
    const std::string name = file.filename().string();
    return name.substr(0, name.find(".ko"));
  }
};

}  // namespace kmpack
