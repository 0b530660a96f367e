#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kmpack/kernel.hpp"
#include "kmpack/manifest.hpp"

namespace kmpack {

enum class Verdict { build, cached, compatible, excluded };

/// One package x one kernel: the unit of work and of reporting.
struct Cell {
  std::shared_ptr<const Manifest> manifest;  ///< as it is for this kernel: nothing conditional is left in it
  std::shared_ptr<const Manifest> whole;     ///< for all kernels; null where that is `manifest`
  std::shared_ptr<const Kernel> kernel;
  Verdict verdict = Verdict::build;
  std::string reason;
  /// The newest kernel of its flavor and series in this run; its cell also makes the flavor's meta package.
  bool newest_of_series = false;

  [[nodiscard]] const Manifest& whole_manifest() const noexcept { return whole ? *whole : *manifest; }
  /// File-name-safe and unique in a run: `hello_debian-12_amd64_6.1.0-56-amd64`
  [[nodiscard]] std::string key() const;
  /// Where debug information says that the module's sources lie. In the rpm world a package of sources is there, one for each
  /// kernel, since patches differ.
  [[nodiscard]] std::string source_place() const;
};

}  // namespace kmpack
