#pragma once

#include <filesystem>
#include <utility>

#include "sys/files.hpp"

namespace kmpack {

/// Runs `work`, which makes links and directories with std::filesystem; what that throws becomes disk-full or file-unwritable.
template <class Work>
decltype(auto) with_system_errors(Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (const std::filesystem::filesystem_error& error) {
    throw_system_error(error.code().value(), "cannot prepare", error.path2().empty() ? error.path1() : error.path2());
  }
}

}  // namespace kmpack
