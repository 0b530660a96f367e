#include "pipeline/cell_reuse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "inspect/loads_elsewhere.hpp"
#include "pipeline/cell_packages.hpp"
#include "pipeline/cell_result.hpp"
#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

Diagnostic not_reused(const CompatibleBuild& other, std::string_view why) {
  return {.severity = Severity::warning,
          .code = "reuse-unavailable",
          .message = fmt::format("the build for {} was not taken: {}", other.record.release.str(), why),
          .where = {},
          .notes = {other.reason},
          .hint = "nothing to do: the modules were built for this kernel"};
}

/// Where the target links modules of one kernel to others, the package of that kernel is the one for this.
bool link(const CellWork& work, const CompatibleBuild& other, std::string_view linker, const InputParts& inputs,
          Outcome& outcome) {
  using enum InputPart;
  for (const InputPart part : {certificate, package_key, formats}) {
    const auto known = other.record.parts.find(part);
    if (known == other.record.parts.end() || known->second != inputs.at(part)) return false;
  }
  const auto package = std::ranges::find(other.record.packages, PackageKind::modules, &PackageFile::kind);
  if (package == other.record.packages.end()) return false;
  CellRecord record = record_of(work, inputs);
  record.reused_from = other.record.release;
  write_file(record.symvers, "");
  record.symvers_sha256 = sha256_of("");
  write_record(work.record(), record);
  CellRecord published = other.record;
  published.symvers = record.symvers;
  publish(work, published, outcome);
  outcome.log.clear();
  outcome.status = Status::compatible;
  outcome.reason = fmt::format("{}; {} links {} {}", other.reason, linker, package->name, package->version);
  return true;
}

}  // namespace

bool reuse_build(const CellWork& work, const CompatibleBuild& other, const InputParts& inputs, const fs::path& scratch,
                 Outcome& outcome) {
  if (const auto linker = linker_of_modules(work.cell, work.workshop.request.formats)) {
    if (link(work, other, *linker, inputs, outcome)) return true;
    outcome.problems.push_back(not_reused(other, "its packages have another key or format"));
    return false;
  }
  const RpmStyle style = work.cell.kernel->rules.rpm.style;
  if (style == RpmStyle::kmp || style == RpmStyle::kmod) {
    outcome.problems.push_back(not_reused(other, "packages of this distribution are for one kernel"));
    return false;
  }
  std::optional<BuildResult> result = take_result(work, other.record.result, scratch, outcome);
  if (!result) {
    outcome.problems.push_back(not_reused(other, "its modules without signature are not in the cache of results"));
    return false;
  }
  // What is packed is asked again, not what the record told of.
  std::vector<ModuleFacts> facts;
  for (StrippedModule& module : result->modules) {
    // The package of the build's own kernel has the debug information, under the same build ids.
    module.debug.clear();
    facts.push_back(module.facts);
  }
  const LoadsElsewhere here = loads_elsewhere(facts, work.headers);
  if (!here.loads) {
    outcome.problems.push_back(not_reused(other, here.reason));
    remove_tree(scratch / "result");
    return false;
  }
  CellRecord record = record_of(work, inputs);
  record.reused_from = other.record.release;
  finish(work, *result, std::move(record), outcome);
  outcome.status = Status::compatible;
  outcome.reason = other.reason;
  return true;
}

}  // namespace kmpack
