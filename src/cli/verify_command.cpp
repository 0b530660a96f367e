#include <algorithm>

#include "base/diagnostic_codes.hpp"
#include "cli/summary.hpp"
#include "cli/verify_groups.hpp"
#include "cli/verify_text.hpp"

namespace kmpack {

int run_verify(const Work& work) {
  Diagnostics problems;
  const PackageGroups groups = group_packages(work.options.files, work.stop);
  const std::vector<VerifiedKernel> verified = verify_groups(work, groups, problems);
  work.console.complain(problems);
  if (work.console.json()) {
    work.console.answer(verified.empty() ? to_json(problems) : to_json(verified));
  } else if (!verified.empty()) {
    work.console.answer(verify_table(verified, work.console.coloured_answers()));
  }
  for (const VerifiedKernel& kernel : verified) {
    for (const Diagnostic& problem : problems_of(kernel)) work.console.complain(problem);
  }
  if (!problems.ok()) return exit_status(problems);
  const bool ok = std::ranges::all_of(verified, [](const VerifiedKernel& kernel) { return kernel.ok(); });
  work.console.say(verify_closing(verified));
  return ok ? 0 : static_cast<int>(Fault::verification);
}

}  // namespace kmpack
