#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "flavors/condition.hpp"
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

/// Every module of a manifest is in exactly one step of its build.
void has_steps(const kmpack::Manifest& manifest) {
  std::size_t modules = 0;
  for (const kmpack::BuildStep& step : build_order(manifest)) modules += step.modules.size();
  must(modules == manifest.modules.size(), "a module is lost in the build order");
}

kmpack::Kernel kernel(const char* distribution, const char* flavor, const char* arch, const char* series, const char* release) {
  return {.flavor = {distribution, flavor, arch}, .series = series, .release = kmpack::KernelRelease(release)};
}

/// For a kernel there is what applies to it, without a condition, and nothing else.
void fits_kernels(const std::shared_ptr<const kmpack::Manifest>& whole) {
  static const std::vector<kmpack::Kernel> kKernels = {kernel("debian-12", "amd64", "amd64", "6.1", "6.1.0-56-amd64"),
                                                       kernel("debian-12", "rt-arm64", "arm64", "6.12", "6.12.3+deb12-rt-arm64"),
                                                       kernel("el9", "rt", "x86_64", "9", "5.14.0-503.11.1.el9_5.x86_64+rt")};
  for (const kmpack::Kernel& one : kKernels) {
    const auto projected = manifest_for(whole, one);
    std::size_t wanted = 0;
    for (const kmpack::ModuleSpec& module : whole->modules) wanted += applies(module.when, one) ? 1U : 0U;
    must(projected->modules.size() == wanted, "a kernel has other modules than those for it");
    std::set<kmpack::ModuleName> present;
    for (const kmpack::ModuleSpec& module : projected->modules) present.insert(module.name);
    for (const kmpack::ModuleSpec& module : projected->modules) {
      must(module.when.unconditional(), "a condition is left in the manifest of a kernel");
      for (const kmpack::ModuleName& used : module.uses) must(present.contains(used), "a module that is not there is used");
    }
    for (const kmpack::PatchSpec& patch : projected->patches) must(patch.when.unconditional(), "a patch keeps its condition");
    has_steps(*projected);
  }
}

}  // namespace

/// What is read, written and read again is the same; what is refused says why; modules are in exactly one step, for every kernel.
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
  has_steps(*manifest);
  fits_kernels(std::make_shared<const Manifest>(*manifest));
  return 0;
}
