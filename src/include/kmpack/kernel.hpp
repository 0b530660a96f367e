#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kmpack/flavor.hpp"
#include "kmpack/names.hpp"

namespace kmpack {

enum class HeadersOrigin { given, installed, store, apt, rpm_md };

enum class ArchiveRole { headers, image };

/// One package file in a distribution's archive.
struct ArchivePackage {
  ArchiveRole role = ArchiveRole::headers;
  std::string name;
  std::string version;
  std::string arch;
  std::string url;
  std::string
      sha256;  ///< lower-case hex, from the signed metadata; 128 digits are a SHA-512: some rpm repositories have no other
  std::uint64_t size = 0;
};

/// One concrete kernel release of a flavor and where its headers come from.
struct Kernel {
  FlavorId flavor;
  std::string series;  ///< 6.1, 6.12; empty for a tree given by --headers that no catalogue knows
  KernelRelease release;
  std::string package_version;  ///< of the package that carries the headers: 6.1.192-2; empty when unknown
  HeadersOrigin origin = HeadersOrigin::installed;
  std::filesystem::path tree;            ///< the directory with .config and Module.symvers, when it is on this disk already
  std::filesystem::path root;            ///< what the tree's own /usr/src paths are relative to: a store set, or "/"
  std::vector<ArchivePackage> packages;  ///< what must be fetched; empty for given and installed trees
  InstallRules rules;

  /// `debian-12/rt-amd64@6.1.0-56-rt-amd64`
  [[nodiscard]] std::string id() const { return flavor.text() + "@" + release.str(); }
};

/// What a kernel's configuration says about modules, from include/config/auto.conf, else .config.
struct KernelConfig {
  bool modules = false;
  bool modversions = false;
  bool module_sig = false;
  bool btf_modules = false;
  std::string sig_hash = "sha256";              ///< CONFIG_MODULE_SIG_HASH
  Compression compression = Compression::none;  ///< of the kernel's own modules
  std::string compiler_text;                    ///< CONFIG_CC_VERSION_TEXT
  bool clang = false;
  unsigned compiler_major = 0;                 ///< 12 for gcc 12.2
  std::map<std::string, std::string> options;  ///< every CONFIG_X=value, quotes removed
};

/// How modules for this kernel are packed: as its own are, where the distribution's tools read that; else not at all.
Compression packed_compression(const InstallRules& rules, const KernelConfig& config) noexcept;

/// A header tree that a module can be built against, where it lies, read-only.
struct HeaderTree {
  Kernel kernel;
  std::filesystem::path tree;  ///< make -C
  std::filesystem::path
      makefile;                ///< make -f, when the tree's Makefile includes an absolute path that is not this one; else empty
  std::filesystem::path root;  ///< mapped away in debug paths
  std::filesystem::path symvers;
  std::string digest;        ///< SHA-256 over what the build can read of it
  std::string compiler;      ///< as kbuild will call it: gcc-12, aarch64-linux-gnu-gcc-12
  std::string cross_prefix;  ///< aarch64-linux-gnu- or empty
  std::int64_t epoch =
      0;  ///< time stamp of everything packed for this kernel: SOURCE_DATE_EPOCH, else the date of its Module.symvers
  KernelConfig config;
};

/// A kernel image with its modules, unpacked beside each other and never installed; what `verify` boots and resolves against.
struct ImageTree {
  std::filesystem::path root;  ///< of the unpacked package
  std::filesystem::path vmlinuz;
  std::filesystem::path modules;  ///< <root>/lib/modules/<release>
  std::filesystem::path system_map;
};

}  // namespace kmpack
