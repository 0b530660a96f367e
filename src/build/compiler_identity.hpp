#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>

#include "build/build.hpp"
#include "kmpack/kernel.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// Who compiles, by content: where a program lies and what it calls itself does not matter.
///
/// Shape:   a digest over the driver, the compiler proper, assembler and linker that it calls, and the shared libraries of each
///          but the C library. Reading them takes a tenth of a second, so `memory` has the answer for as long as nothing has
///          another inode, size, mtime or ctime of what the names of these programs lead to, by however many links, and of the
///          directories that they were looked for in.
/// Threads: safe from many.
/// Source:  gcc manual, -print-prog-name, -print-search-dirs, spec files; ld.so(8), LD_TRACE_LOADED_OBJECTS.
class CompilerIdentities {
 public:
  /// `memory` is a directory; empty or unwritable: nothing is remembered.
  CompilerIdentities(CommandRunner& runner, std::filesystem::path memory) : runner_(runner), memory_(std::move(memory)) {}

  /// Of a compiler by the name that make calls it by, as it is now. Empty when there is no such program. Throws Cancelled.
  std::string of(const std::string& compiler, const std::stop_token& stop);

  /// Of all that makes modules for this kernel: the compiler that choose_compiler() chooses, the binutils that kbuild calls and
  /// that strip modules, make, and pahole where modules have BTF. Looked at once in a run: thousands of cells ask. Empty when
  /// there is no compiler: the build complains. Throws Cancelled.
  std::string of(const HeaderTree& headers, MismatchedCompiler mismatch, const std::stop_token& stop);

  /// Is that still it? To be asked after a build, before its result is kept under `identity`: programs may have been renewed
  /// since of() answered. A millisecond when nothing was. Throws Cancelled.
  bool still(const std::string& identity, const HeaderTree& headers, MismatchedCompiler mismatch, const std::stop_token& stop);

 private:
  class Look;
  using Stamps = std::map<std::filesystem::path, std::string>;
  struct Known {
    std::string identity;
    Stamps seen;
  };
  /// Is what was seen earlier in this run looked at again?
  enum class Trust { this_run, nobody };

  static Known remembered(const std::filesystem::path& file);
  std::string of(const HeaderTree& headers, MismatchedCompiler mismatch, Trust trust, const std::stop_token& stop);
  std::string recalled(const std::string& question, Trust trust, const std::stop_token& stop,
                       const std::function<void(Look&)>& add);

  CommandRunner& runner_;
  std::filesystem::path memory_;
  std::mutex mutex_;
  std::map<std::string, Known> known_;  ///< by question
};

}  // namespace kmpack
