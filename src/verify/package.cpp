#include "verify/package.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "verify/contents.hpp"
#include "verify/foreign_build.hpp"
#include "verify/module_check.hpp"
#include "verify/package_rules.hpp"
#include "verify/packed_modules.hpp"

namespace kmpack {

VerifyReport verify_package(const std::filesystem::path& package, const VerifyExpectation& expectation, std::stop_token stop) {
  VerifyReport report;
  report.packages = {package};
  // What the package says of itself: names, paths, owners, relations, scripts.
  const PackageContents contents = read_contents(package, stop);
  report.release = check_contents(contents, expectation, report);
  // The modules in it, from the file again.
  const std::vector<PackedModule> modules = packed_modules(contents, stop);
  std::optional<ForeignBuild> foreign;
  if (!contents.built_for.empty()) foreign = judge_foreign_build(contents.built_for, modules, expectation);
  ModuleCheck check(expectation, std::move(foreign));
  for (const PackedModule& module : modules) {
    if (stop.stop_requested()) throw Cancelled{};
    check.judge(contents, module, report);
  }
  return report;
}

}  // namespace kmpack
