#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "kmpack/manifest.hpp"

namespace kmpack {

/// The files that a dkms.conf names: patches and scripts, looked up as dkms does and checked to be there.
class DkmsFiles {
 public:
  DkmsFiles(const Manifest& manifest, Diagnostics& problems);

  /// The file of a PATCH. Errors: reports path-unsafe, file-missing, each once; nothing comes back then.
  std::optional<std::filesystem::path> patch_file(const std::filesystem::path& patch);

  /// PRE_BUILD or POST_BUILD as bash is to run it in the source root: shell text, as for dkms of today; by the semantics of 3.0
  /// its words as they are, in which nothing is expanded but patterns of file names.
  ///
  /// Errors:  reports dkms-script-missing, dkms-script-not-executable, each once.
  /// Source:  dkms 3.0.10 run_build_script: `exec $run`; 3.2.2: `invoke_command "cd … && $run"`, which evaluates.
  std::string script_call(std::string_view directive, const std::string& call);

  /// Warns of each script that would run on the target, once: dkms-script-left-out.
  void leave_out(const std::map<std::string, std::string>& scripts);

  /// Where the conf says this.
  [[nodiscard]] SourceSpan place_of(std::string_view directive, std::string_view value) const;

 private:
  void report(Severity severity, std::string_view code, std::string message, const SourceSpan& where, std::string hint);
  void check_script(std::string_view directive, const std::string& script, const SourceSpan& where);

  const Manifest& manifest_;
  Diagnostics& problems_;
  std::string text_;                  ///< of the conf
  std::set<std::string> complained_;  ///< once for all kernels
};

}  // namespace kmpack
