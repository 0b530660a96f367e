#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "sys/process.hpp"
#include "verify/scratch_root.hpp"

namespace kmpack {

/// What depmod says about symbols on its error output: one line for each that is unknown or differs. Source: depmod(8), kmod 30.
std::vector<std::string> symbol_complaints(std::string_view depmod_errors);

/// Run depmod over the root without writing, with the kernel's symbols. Nothing when there is neither Module.symvers nor a
/// System.map that is more than a stand-in (Debian ships one of 83 bytes).
std::optional<std::vector<std::string>> unresolved_symbols(const ScratchRoot& root, const std::filesystem::path& symvers,
                                                           CommandRunner& runner, std::stop_token stop);

/// The files modprobe would load for a module, last first needed last, by a dry run in the root; the error text when it finds
/// none.
struct Resolution {
  std::vector<std::filesystem::path> files;  ///< in the root
  std::string error;
};
Resolution resolve_module(const ScratchRoot& root, const std::string& module, CommandRunner& runner, std::stop_token stop);
/// Reads `modprobe --show-depends`. Source: modprobe(8).
std::vector<std::filesystem::path> files_to_load(std::string_view answer);

}  // namespace kmpack
