#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.hpp"

namespace kmpack {

/// What the parser fills in: words as written. Their values are judged afterwards, with texts of our own.
struct Words {
  bool help = false, version = false, json = false, offline = false, verbose = false, quiet = false;
  bool allow_mismatch = false, boot = false, enforce = false, unsigned_ok = false, passphrase = false, source = false;
  bool debian = false, strict = false, no_probe_cache = false, reuse_compatible = false;
  std::string jobs, colour, passphrase_fd, days, boot_limit, build_limit;
  std::string cache, output, key, certificate, lock, workspace, common_name, organization, key_output, log_directory, spec;
  std::string since, gpg_key, url, repo_name;
  std::string dkms_semantics, dkms_overrides;
  std::string suite, component, valid_until, cache_limit;
  std::vector<std::string> flavors, formats, headers, flavors_dirs, kernels, must_load, packages, positional;
  std::vector<std::string> caches_readonly, symvers, stablelists;
};

/// Throws a usage error.
[[noreturn]] void refuse(std::string_view code, std::string message, std::optional<std::string> hint = {});

/// "did you mean 'x'?", when a candidate is near.
std::optional<std::string> did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// KMPACK_CACHE_LIMIT in bytes: how much of results the cache keeps; 0: none. Throws a usage error.
std::optional<std::uint64_t> standing_cache_limit();

/// Judge the values of the command `path` ("flavors fetch"; empty: none was given). Errors: as parse_options.
Options understand(const Words& words, const std::string& path);

}  // namespace kmpack
