#include <kmpack/diagnostic.hpp>
#include <kmpack/flavor.hpp>

int main() {
  kmpack::Diagnostics problems;
  const auto pattern = kmpack::parse_flavor_pattern("debian-12/rt-amd64@6.1", {}, problems);
  return pattern && pattern->flavor == "rt-amd64" && problems.ok() ? 0 : 1;
}
