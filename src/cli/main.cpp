#include <string>
#include <vector>

#include "cli/commands.hpp"

int main(int count, char** words) {
  const std::vector<std::string> all(words + (count > 0 ? 1 : 0), words + count);
  return kmpack::run_command_line(all);
}
