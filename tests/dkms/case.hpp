#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "manifest/dkms/conf.hpp"
#include "sys/files.hpp"

namespace kmpack::test {

/// What a dkms.conf of tests/dkms/cases means, as text.
///
/// A case is a directory: dkms.conf; `kernel` (release and architecture; 6.1.0-56-amd64 x86_64 without it); `config` (the
/// kernel's include/config/auto.conf and .config, or the word absent); `overrides` (a directory as /etc/dkms).
class DkmsCase {
 public:
  explicit DkmsCase(const std::filesystem::path& directory);
  /// A driver's own directory, for a kernel whose headers are there.
  DkmsCase(const std::filesystem::path& directory, DkmsKernel kernel);

  /// Everything, with what was reported; no path of this machine.
  [[nodiscard]] std::string all(DkmsSemantics semantics) const;
  /// Only what dkms itself decides by the same words: `judge` has dkms say the same.
  [[nodiscard]] std::string decisions(DkmsSemantics semantics) const;
  /// PACKAGE_NAME and PACKAGE_VERSION, each with a line end.
  [[nodiscard]] std::string identity() const;

 private:
  struct Reading {
    std::optional<DkmsDump> dump;
    std::optional<DkmsConf> conf;
    Diagnostics problems;
  };
  [[nodiscard]] Reading read(DkmsSemantics semantics) const;

  TempDir here_;
  DkmsOrigin origin_;
  DkmsKernel kernel_;
  Reading newest_;
};

/// The names of all cases, sorted.
std::vector<std::string> dkms_cases(const std::filesystem::path& directory);

}  // namespace kmpack::test
