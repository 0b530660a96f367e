#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include "wrap/rpm_md.hpp"

/// Reads the primary.xml that is named and prints how long that took and how much memory it needed at most. tests/bench/primary.
int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto begin = std::chrono::steady_clock::now();
  const auto packages = kmpack::read_primary(argv[1], [](std::string_view name) { return name.starts_with("kernel-"); });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf("%zu packages kept, %.2f s, %.1f MiB\n", packages.size(), took.count(),
              static_cast<double>(usage.ru_maxrss) / 1024.0);
  return 0;
}
