#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "sys/process.hpp"

namespace kmpack {

/// A program of this machine that a small root needs, and the Debian package that has it.
struct HostProgram {
  std::string_view name;
  std::string_view package;
};

/// Copies programs of this machine with the shared libraries they load into a root directory, under the same names in
/// usr/bin (programs) and at the libraries' own paths.
///
/// Shape:   `root` may have lib and bin as links into usr. Programs missing on this machine are an error when `package` is set,
/// else
///          left out.
/// Errors:  tool-missing, process-failed, file-unreadable, file-unwritable. Throws Cancelled.
/// Source:  ldd(1).
class Userland {
 public:
  Userland(std::filesystem::path root, CommandRunner& runner, std::stop_token stop);
  void add(const HostProgram& program);
  void add(std::span<const HostProgram> programs);
  /// kmod under all its names.
  void add_module_tools();

 private:
  /// Nothing when the program is there already or may be missing.
  std::optional<std::filesystem::path> place(const HostProgram& program);
  void add_libraries(const std::vector<std::string>& programs);

  std::filesystem::path root_;
  CommandRunner& runner_;
  std::stop_token stop_;
  std::set<std::string> present_;
};

/// Full path of a program, also in the system administrator's directories. Errors: tool-missing naming the package.
std::filesystem::path require_program(const HostProgram& program);

}  // namespace kmpack
