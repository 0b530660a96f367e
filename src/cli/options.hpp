#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "build/build.hpp"
#include "kmpack/package.hpp"
#include "pipeline/generate.hpp"
#include "pipeline/request.hpp"

namespace kmpack {

enum class CommandKind {
  build,
  plan,
  flavors_list,
  flavors_fetch,
  flavors_lock,
  inspect,
  verify,
  repo,
  key_new,
  doctor,
  init,
  lint,
  generate,
  compat,
  cache_stats,
  cache_trim,
  cache_verify
};
enum class Rendering { text, json };
enum class Colour { automatic, always, never };
enum class Verbosity { quiet, normal, verbose };
enum class Wish { no, yes };

struct VerifyOptions {
  Wish boot = Wish::no;
  Wish enforce = Wish::no;
  Wish unsigned_ok = Wish::no;
  std::vector<std::string> kernels;    ///< --kernel: patterns; empty: every kernel the packages are for
  std::vector<std::string> must_load;  ///< --must-load: modules for which a missing device is a failure
  std::chrono::seconds boot_limit{180};
  std::filesystem::path log_directory;
};

struct KeyOptions {
  std::string name = "mok";
  std::filesystem::path directory = ".";
  std::string common_name;  ///< empty: made from the name
  std::string organization;
  std::chrono::days days{3650};
  Wish passphrase = Wish::no;  ///< ask for one
};

struct RepoOptions {
  std::filesystem::path directory;
  std::string url;
  std::string name;
  std::string suite;  ///< of APT; empty: as the packages lie
  std::string component = "main";
  std::optional<unsigned> valid_days;
};

struct CompatOptions {
  std::vector<std::string> kernels;                ///< --kernel: patterns; empty: every kernel of the lock, or of this disk
  std::vector<std::filesystem::path> symvers;      ///< --symvers: Module.symvers files, each a kernel of its own
  std::vector<std::filesystem::path> stablelists;  ///< --stablelist: symbols that the distribution promises to keep
};

/// One command line, understood. Fields that a command does not have keep their defaults.
struct Options {
  CommandKind command = CommandKind::build;
  Rendering rendering = Rendering::text;
  Colour colour = Colour::automatic;
  Verbosity verbosity = Verbosity::normal;
  std::vector<std::filesystem::path> files;     ///< MANIFEST…, FILE… or DIR
  std::vector<std::string> flavors;             ///< --flavor, or PATTERN… of `flavors`
  std::vector<std::filesystem::path> packages;  ///< --package: rpms with headers
  std::vector<Format> formats;
  std::filesystem::path output = "dist";
  std::optional<std::filesystem::path> key;
  std::optional<std::filesystem::path> certificate;
  std::optional<int> passphrase_fd;
  MismatchedCompiler compiler = MismatchedCompiler::refuse;
  std::optional<std::chrono::seconds> build_limit;
  Network network = Network::allowed;
  unsigned jobs = 0;
  Places places;                ///< cache is empty when --cache-dir was not given
  bool lock_named = false;      ///< --lock was given: the file must be there
  std::filesystem::path since;  ///< --since of plan: a lock; empty: not given
  VerifyOptions verify;
  KeyOptions new_key;
  DkmsReading dkms;
  std::string gpg_key;  ///< --gpg-key: what gpg takes for a key; empty: none
  RepoOptions repo;
  CompatOptions compat;
  std::optional<std::uint64_t> cache_limit;                ///< --limit of cache trim, in bytes
  ProbeAnswers probes = ProbeAnswers::known;               ///< --no-probe-cache
  ReuseCompatible reuse_compatible = ReuseCompatible::no;  ///< --reuse-compatible
  Wish strict = Wish::no;                                  ///< --strict of lint: warnings count
  std::optional<SpecForm> spec;                            ///< of generate
  DebianDirectory debian = DebianDirectory::no;            ///< of generate
  SourcePackages source_packages = SourcePackages::none;   ///< of generate
};

/// Text that was asked for instead of work: --help, --version.
struct Answer {
  std::string text;
};

/// Understand the words after the program's name.
///
/// Shape:   options may stand before or after the command; `--` ends them; `help COMMAND` is `COMMAND --help`.
/// Errors:  usage-unknown-command, usage-unknown-option, usage-bad-value, usage-missing-argument, usage-unexpected-argument,
///          usage-conflict; all lead to exit status 2. A misspelt command or option gets a suggestion.
std::variant<Options, Answer> parse_options(std::span<const std::string> words);

/// True when `--json` is among the options, for answering in JSON even when parse_options() throws.
bool asks_for_json(std::span<const std::string> words) noexcept;

}  // namespace kmpack
