#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "fuzz/fuzz.hpp"
#include "manifest/build_order.hpp"
#include "manifest/reader.hpp"
#include "manifest/writer.hpp"
#include "support/manifests/sample_manifest.hpp"

namespace {

void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz/manifest: %s\n", what);
  std::abort();
}

}  // namespace

/// What is read, written and read again is the same; what is refused says why; modules are in exactly one step.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kmpack;
  constexpr const char* kFile = "/project/kmpack.xml";
  Diagnostics problems;
  const auto manifest = parse_manifest({reinterpret_cast<const char*>(data), size}, kFile, problems);
  must(manifest.has_value() == problems.ok(), "refused without a reason, or read in spite of one");
  for (const Diagnostic& problem : problems.all()) must(to_text(problem).size() < 10'000, "an answer that is too long");
  if (!manifest) return 0;
  Diagnostics again_problems;
  const auto again = parse_manifest(render_manifest(*manifest), kFile, again_problems);
  must(again.has_value(), "what was written cannot be read");
  must(test::all_fields(*again) == test::all_fields(*manifest), "what was written reads as something else");
  std::size_t modules = 0;
  for (const BuildStep& step : build_order(*manifest)) modules += step.modules.size();
  must(modules == manifest->modules.size(), "a module is lost in the build order");
  return 0;
}
