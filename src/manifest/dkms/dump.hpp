#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kmpack/diagnostic.hpp"

namespace kmpack {

/// The elements of one directive by their index; a plain variable is index 0.
using DkmsValues = std::map<unsigned, std::string>;

/// What bash answered to `[[ text =~ pattern ]]`.
enum class DkmsMatch { matches, differs, invalid };

/// What one evaluation of a dkms.conf and its override files left, for one kernel.
struct DkmsDump {
  std::map<std::string, DkmsValues> written;  ///< evaluated once: what the author wrote
  std::map<std::string, DkmsValues> seen;     ///< evaluated twice, as dkms does: what dkms acts upon. Without what it drops
  /// Of directives that hold a pattern (MAKE_MATCH, PATCH_MATCH, BUILD_EXCLUSIVE_KERNEL, BUILD_EXCLUSIVE_ARCH), as seen: does the
  /// kernel's release or architecture match? bash says it, so that its regular expressions are exactly dkms's.
  std::map<std::string, std::map<unsigned, DkmsMatch>> matches;
  std::vector<std::string> others;  ///< names that were set and are no directive, without the kernel's CONFIG_ options
  std::string messages;             ///< what bash and the conf said on stderr, its start
};

/// Reads what the evaluating shell wrote: hostile text, since the conf runs in that shell.
///
/// Errors:  reports dkms-dump-broken with `conf` as its place, and gives nothing.
/// Threads: safe from many.
std::optional<DkmsDump> read_dkms_dump(std::string_view text, const std::filesystem::path& conf, Diagnostics& problems);

}  // namespace kmpack
