#pragma once

#include <filesystem>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "headers/apt_messages.hpp"
#include "headers/find.hpp"
#include "sys/lock.hpp"

namespace kmpack {

/// What the archives of the system's sources offer, through the APT child; from a snapshot while the lists it was made of are
/// unchanged.
///
/// Shape:   sources.metadata says whether lists are fetched first, for `wanted` and this machine's architecture. kmpack's own
/// lists are
///          read where there are some, else the system's, for `all` architectures.
/// Errors:  apt-failed, file-unwritable, process-failed-to-start. Throws Cancelled.
AptAnswer apt_packages(const HeaderSources& sources, std::span<const std::string> wanted, std::span<const std::string> all,
                       std::span<const std::string> prefixes, const Errands& errands);

/// Download through the APT child; what failed is told.
std::vector<AptFailure> apt_download(const HeaderSources& sources, std::span<const AptDownload> downloads,
                                     const Errands& errands);

/// Waits for another kmpack that has it. Throws Cancelled.
FileLock wait_for_lock(const std::filesystem::path& file, const std::stop_token& stop);

}  // namespace kmpack
