#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "kmpack/diagnostic.hpp"

namespace kmpack {

/// Why a cell did not become packages, as a person would sort it.
enum class FailureClass {
  compiler_error,
  missing_header,  ///< a file that the source includes is not in this kernel's headers
  api_change,      ///< the source calls the kernel as another version of it wants
  missing_tool,    ///< a program is not installed
  missing_module,  ///< make ended well and left no such module
  timeout,
  out_of_memory,
  disk_full,
  excluded,  ///< by the manifest or the dkms.conf; no failure of the build
  other
};

/// What is said of a failed cell beside its message.
struct Failure {
  FailureClass kind = FailureClass::other;
  std::string file;        ///< of the first error, relative to the source root; else what the diagnostic names; may be empty
  std::uint32_t line = 0;  ///< 0: unknown
  std::string message;     ///< the first error without its place
};

/// The Error of a build, with what its log says.
class BuildFailure : public Error {
 public:
  BuildFailure(Diagnostic diagnostic, Failure failure) : Error(std::move(diagnostic)), failure_(std::move(failure)) {}
  [[nodiscard]] const Failure& failure() const noexcept { return failure_; }

 private:
  Failure failure_;
};

}  // namespace kmpack
