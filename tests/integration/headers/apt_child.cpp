#include "headers/apt_child.hpp"

#include <string>
#include <vector>

/// What `kmpack internal …` does, for tests that run before there is a kmpack.
int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + (argc > 1 ? 2 : 1), argv + argc);
  return kmpack::run_apt_child(args);
}
