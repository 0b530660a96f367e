#pragma once

#include <map>
#include <mutex>
#include <string>

#include "kmpack/kernel.hpp"

namespace kmpack {

/// The digest of a kernel's compiler, read once in a run for each.
///
/// Threads: safe from many.
class CompilerDigests {
 public:
  /// Empty when there is no such compiler: that is the build's to complain about.
  std::string operator()(const HeaderTree& headers);

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> digests_;
};

}  // namespace kmpack
