#include "cli/commands.hpp"

namespace kmpack {

int run_cache_stats(const Work& work) {
  work.console.say("not yet");
  return 2;
}
int run_cache_trim(const Work& work) { return run_cache_stats(work); }
int run_cache_verify(const Work& work) { return run_cache_stats(work); }

}  // namespace kmpack
