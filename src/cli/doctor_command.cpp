#include <set>

#include "base/diagnostic_codes.hpp"
#include "cli/doctor.hpp"
#include "cli/kernel_view.hpp"
#include "headers/store.hpp"

namespace kmpack {
namespace {

/// Compilers of the kernels whose headers are on this disk; `gcc` while none is.
std::vector<WantedCompiler> wanted_compilers(const KernelView& view) {
  std::set<WantedCompiler> compilers;
  for (const auto& kernel : view.kernels) {
    const ListedKernel known = listed(view.sources, *kernel);
    if (!known.compiler.empty()) {
      const bool cross = known.compiler.find("-gcc") != std::string::npos || known.compiler.find("-clang") != std::string::npos;
      compilers.insert({known.compiler, cross});
    }
  }
  if (compilers.empty()) compilers.insert({"gcc", false});
  return {compilers.begin(), compilers.end()};
}

}  // namespace

int run_doctor(const Work& work) {
  Diagnostics problems;
  const KernelView view = view_kernels(work, Metadata::none, Lock::ignore, {}, problems);
  work.console.complain(problems);
  const DoctorReport report = examine(this_machine(), wanted_compilers(view), view.sources.cache);
  work.console.answer(work.console.json() ? to_json(report) : doctor_text(report, work.console.coloured_answers()));
  return report.can_build() ? 0 : static_cast<int>(Fault::environment);
}

}  // namespace kmpack
