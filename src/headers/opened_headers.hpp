#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "headers/store.hpp"
#include "kmpack/kernel.hpp"

namespace kmpack {

/// The headers of a run's kernels, each opened once however many cells they serve.
///
/// Errors:  those of open_headers(), each time it is asked for.
/// Threads: safe from many; two kernels are opened at once, one kernel never twice.
class OpenedHeaders {
 public:
  explicit OpenedHeaders(const HeaderSources& sources) : sources_(sources) {}
  /// Stays as long as this does.
  const HeaderTree& of(const Kernel& kernel);

 private:
  struct Opened {
    std::mutex mutex;
    std::unique_ptr<HeaderTree> tree;
  };
  const HeaderSources& sources_;
  std::mutex mutex_;
  std::map<std::string, Opened> opened_;  ///< by id and package version
};

}  // namespace kmpack
