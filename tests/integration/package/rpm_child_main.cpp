#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "package/rpm_child.hpp"

// Stands in for kmpack itself, which is a higher folder: `internal rpmbuild …`.
int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.size() < 2 || args[0] != "internal" || args[1] != "rpmbuild") return 2;
  return kmpack::run_rpm_child(std::span(args).subspan(2));
}
