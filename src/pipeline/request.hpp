#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "build/build.hpp"
#include "kmpack/manifest.hpp"
#include "kmpack/package.hpp"
#include "sign/key.hpp"
#include "sys/process.hpp"

namespace kmpack {

struct KeyChoice {
  std::filesystem::path key;          ///< PEM private key
  std::filesystem::path certificate;  ///< PEM or DER X.509
};

/// How a dkms.conf is read.
struct DkmsReading {
  DkmsSemantics semantics = DkmsSemantics::v3_4;
  std::filesystem::path overrides;  ///< --dkms-overrides: directory of the machine's own settings; empty: not read
};

enum class Network { allowed, offline };

/// For a kernel that an existing build would load on: build anew, or take what there is.
enum class ReuseCompatible { no, yes };

/// Where kmpack reads and writes; the same for every command.
struct Places {
  std::filesystem::path workspace = ".kmpack";
  std::filesystem::path cache;                         ///< header store, APT state, results; $XDG_CACHE_HOME/kmpack by default
  std::vector<std::filesystem::path> caches_readonly;  ///< --cache-readonly: caches of others, whose results are only read
  std::filesystem::path lock_file = "kmpack.lock";
  std::vector<std::filesystem::path> flavors_dirs;  ///< --flavors-dir, searched before the standard places
  std::vector<std::filesystem::path> headers;       ///< --headers DIR: trees to build against, before anything else
};

/// One `build` or `plan`, as the user asked for it.
struct Request {
  std::vector<std::filesystem::path> manifests;  ///< files or directories; empty: what lies in the current directory
  std::vector<std::string> flavors;              ///< --flavor; empty: what each manifest includes
  std::vector<Format> formats;                   ///< --format; empty: each kernel's own family
  std::vector<PackageFamily> families;           ///< only kernels of these; empty: of all
  std::filesystem::path output = "dist";
  std::optional<KeyChoice> key;
  PassphraseSource passphrase;
  std::string gpg_key;  ///< signs rpms, as gpg takes a key; empty: they bear no signature
  MismatchedCompiler compiler = MismatchedCompiler::refuse;
  std::optional<std::chrono::seconds> build_limit;  ///< --build-limit: of each cell's build, by the clock
  Network network = Network::allowed;
  DkmsReading dkms;
  ProbeAnswers probes = ProbeAnswers::known;
  ReuseCompatible reuse_compatible = ReuseCompatible::no;
  std::optional<std::uint64_t> cache_limit;  ///< of kept results, in bytes; nothing: the usual one
  unsigned jobs = 0;                         ///< 0: processors
  Places places;
};

/// What a run needs from outside, each with a stand-in for tests.
struct Context {
  CommandRunner& runner;
  std::stop_token stop;
};

}  // namespace kmpack
