#pragma once

#include <filesystem>
#include <stop_token>

#include "sys/lock.hpp"

namespace kmpack {

/// Wait until no other run is at work on a repository, and keep others out while it is held. Throws Cancelled.
FileLock take_turn(const std::filesystem::path& directory, const std::stop_token& stop);

}  // namespace kmpack
