#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "publish/apt_suite.hpp"

namespace kmpack {

// What an APT repository must not become. Each is looked at before anything is changed.

/// Throws repository-conflict: two files are different packages of one name, version and architecture.
[[noreturn]] void refuse_conflict(const std::string& identity, const std::filesystem::path& there,
                                  const std::filesystem::path& other);

/// Throws repository-signed when clients of dists/SUITE check signatures: they would refuse it without.
void refuse_signed(const std::filesystem::path& dist);

/// Throws repository-suite-invalid when dists/SUITE is a link: the suite it leads to would be torn from it.
void refuse_link(const std::filesystem::path& dist);

/// Throws repository-damaged when a package in the pool has not the size it is listed with, and is not given `again`, by
/// location. Bytes are not looked at: clients do that.
void refuse_altered(const AptSuite& suite, const std::map<std::string, StockedDeb>& again);

}  // namespace kmpack
