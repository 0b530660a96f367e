#include "verify/package.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "inspect/facts.hpp"
#include "inspect/trailer.hpp"
#include "kmpack/architecture.hpp"
#include "sign/signature.hpp"
#include "sys/files.hpp"
#include "verify/contents.hpp"
#include "verify/in_tree.hpp"
#include "verify/module_check.hpp"
#include "verify/package_rules.hpp"

namespace kmpack {

VerifyReport verify_package(const std::filesystem::path& package, const VerifyExpectation& expectation, std::stop_token stop) {
  VerifyReport report;
  report.packages = {package};
  // What the package says of itself: names, paths, owners, relations, scripts.
  const PackageContents contents = read_contents(package, stop);
  report.release = check_contents(contents, expectation, report);
  // The modules in it, unpacked from the file again.
  const TempDir scratch;
  for (const UnpackedModule& module : unpack_package(package, scratch.path(), stop)) {
    if (stop.stop_requested()) throw Cancelled{};
    check_module(contents, module, expectation, report);
  }
  return report;
}

}  // namespace kmpack
