#include "cli/commands.hpp"

namespace kmpack {

int run_compat(const Work& work) {
  work.console.say("not yet");
  return 2;
}

}  // namespace kmpack
