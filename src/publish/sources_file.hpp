#pragma once

#include <set>
#include <string>
#include <string_view>

namespace kmpack {

/// Where a suite's packages are: what stands in a .sources file.
struct AptSource {
  std::string url;
  std::string suite;
  std::set<std::string> components;
};

/// What apt reads to know a repository. The key stands in it, so that one file is all that a client needs and the key is trusted
/// for this repository alone; without a key nothing is checked.
///
/// Shape:   `key` is armored text. apt of Debian 12 and Ubuntu 22.04 and later reads it.
/// Source:  sources.list(5), "DEB822-STYLE FORMAT", Signed-By, Trusted.
std::string sources_text(const AptSource& source, std::string_view key);

}  // namespace kmpack
