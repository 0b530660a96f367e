#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "verify/contents.hpp"

namespace kmpack {

/// One alternative of a relation: `linux-image-6.1.0-9-amd64:amd64 (>= 6.1)`.
struct Alternative {
  std::string name;
  std::string compare;  ///< deb: "", "=", ">=", "<=", ">>", "<<"
  std::string version;
};

/// `a (= 1) | b` -> its alternatives in order; also rpm's `a = 1`. Source: Debian policy §7.1; rpm docs, dependencies.
std::vector<Alternative> parse_alternatives(std::string_view relation);

/// What stands in the scratch root's dpkg database for a package that is not really there.
struct StubPackage {
  std::string name;
  std::string version;
};

/// True when a package has this name or provides it.
bool brings(const PackageContents& package, std::string_view name);

/// Packages that must look installed so that `packages` can be configured: the first alternative of every relation that none of
/// them satisfies itself. Sorted by name.
std::vector<StubPackage> stubs_for(const std::vector<PackageContents>& packages);

/// dpkg's status file for these. Source: dpkg(1), /var/lib/dpkg/status.
std::string status_of(const std::vector<StubPackage>& stubs, std::string_view arch);

/// True for what every system with this kernel has, so that needing it says nothing: the kernel's image and the tools of modules.
bool is_expected_need(const Alternative& need, std::string_view release) noexcept;

/// The status file with the version of the named packages set to one that sorts before every real one, so that installing them
/// again is an upgrade.
std::string with_older_version(std::string_view status, const std::vector<std::string>& names);

}  // namespace kmpack
