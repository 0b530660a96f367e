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
///          but the C library. Reading them takes a tenth of a second, so it is done once in a run, and `memory` has the answer
///          for as long as none of the files and of the directories that they were looked for in has another inode, size, mtime
///          or ctime.
/// Threads: safe from many. Source:  gcc manual, -print-prog-name; ld.so(8), LD_TRACE_LOADED_OBJECTS.
class CompilerIdentities {
 public:
  /// `memory` is a directory; empty or unwritable: nothing is remembered.
  CompilerIdentities(CommandRunner& runner, std::filesystem::path memory) : runner_(runner), memory_(std::move(memory)) {}

  /// Of a compiler by the name that make calls it by. Empty when there is no such program. Throws Cancelled.
  std::string of(const std::string& compiler, const std::stop_token& stop);

  /// Of all that makes modules for this kernel: the compiler that choose_compiler() chooses, the binutils that strip them,
  /// make, and pahole where modules have BTF. Empty when there is no compiler: the build complains. Throws Cancelled.
  std::string of(const HeaderTree& headers, MismatchedCompiler mismatch, const std::stop_token& stop);

 private:
  class Look;
  std::string recalled(const std::string& question, const std::stop_token& stop, const std::function<void(Look&)>& add);

  CommandRunner& runner_;
  std::filesystem::path memory_;
  std::mutex mutex_;
  std::map<std::string, std::string> known_;
};

}  // namespace kmpack
