#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "fuzz/fuzz.hpp"
#include "manifest/makefile_text.hpp"
#include "manifest/module_source.hpp"

/// Reading a Makefile or a C source ends, and a line number lies inside of the text.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t lines = 1;
  for (const char c : text) lines += c == '\n' ? 1U : 0U;
  for (const kmpack::ObjectList& list : kmpack::read_makefile_text(text).objects) {
    if (list.line == 0 || list.line > lines) {
      std::fprintf(stderr, "fuzz/makefile: line %u of %zu\n", list.line, lines);
      std::abort();
    }
  }
  kmpack::read_module_source(text);
  return 0;
}
