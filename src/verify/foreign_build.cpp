#include "verify/foreign_build.hpp"

#include <utility>
#include <vector>

#include "inspect/facts.hpp"
#include "inspect/loads_elsewhere.hpp"
#include "kmpack/diagnostic.hpp"
#include "verify/in_tree.hpp"
#include "wrap/compress.hpp"

namespace kmpack {

ForeignBuild judge_foreign_build(const KernelRelease& built_for, std::span<const PackedModule> modules,
                                 const VerifyExpectation& expectation) {
  ForeignBuild answer{.built_for = built_for};
  if (expectation.headers == nullptr) {
    answer.reason = "the kernel's headers, which tell whether it loads, are not here";
    return answer;
  }
  try {
    std::vector<ModuleFacts> facts;
    for (const PackedModule& module : modules) {
      // Under a path that is no module's file name the module tells its own name.
      facts.push_back(read_module_facts(decompressed(module.bytes),
                                        module.installed.parent_path() / module_key(module.installed.filename().string())));
    }
    LoadsElsewhere here = loads_elsewhere(facts, *expectation.headers);
    answer.loads = here.loads;
    answer.reason = std::move(here.reason);
  } catch (const Error& error) {
    answer.reason = error.diagnostic().message;
  }
  return answer;
}

}  // namespace kmpack
