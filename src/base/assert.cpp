#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace kmpack {

void assertion_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "kmpack: bug: '%s' does not hold at %s:%d; please report it\n", condition, file, line);
  std::abort();
}

}  // namespace kmpack
