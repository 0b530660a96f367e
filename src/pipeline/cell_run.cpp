#include "pipeline/cell_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "build/build.hpp"
#include "build/failure_class.hpp"
#include "inspect/check.hpp"
#include "inspect/symvers.hpp"
#include "pipeline/cell_packages.hpp"
#include "pipeline/cell_result.hpp"
#include "pipeline/cell_reuse.hpp"
#include "pipeline/order.hpp"
#include "sys/files.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<BuiltDependency> built_dependencies(std::span<const Outcome* const> needed) {
  std::vector<BuiltDependency> dependencies;
  for (const Outcome* outcome : needed) {
    dependencies.push_back(built_dependency(outcome->cell, outcome->symvers, outcome->modules));
  }
  return dependencies;
}

InputParts inputs_of(const CellWork& work, const ManifestDigests& manifest) {
  const Workshop& workshop = work.workshop;
  return cell_parts(work.cell, work.headers,
                    {.manifest = manifest,
                     .compiler = workshop.compiler_digest_of(work.headers),
                     .certificate = workshop.key == nullptr ? std::string() : sha256_of(workshop.key->der()),
                     .package_key = workshop.package_key == nullptr ? std::string() : workshop.package_key->fingerprint,
                     .formats = workshop.request.formats,
                     .dependencies = work.dependencies,
                     .workspace = workshop.workspace.directory()});
}

/// Is what was compiled what `inputs` says? Somebody may have written to the sources, or renewed the compiler, meanwhile.
bool still_hold(const CellWork& work, const InputParts& inputs, const BuildResult& built) {
  try {
    const ManifestDigests& before = work.workshop.manifest_digests.at(work.cell.manifest.get());
    const ManifestDigests now = manifest_inputs(*work.cell.manifest, work.workshop.workspace.directory());
    return now == before && built.copied == before.tree && inputs_of(work, now) == inputs &&
           work.workshop.is_same_compiler(work.headers);
  } catch (const Error&) {
    return false;  // something is gone, or cannot be read any more
  }
}

Diagnostic inputs_changed(const Cell& cell) {
  return {.severity = Severity::warning,
          .code = "inputs-changed",
          .message = fmt::format("what {} is made of changed while it was built for {}, so nothing of it is kept for later runs",
                                 cell.manifest->name.str(), cell.kernel->id()),
          .where = {},
          .notes = {},
          .hint = "the packages may hold either state: run the same command again when nothing writes to sources or compiler"};
}

void inspect(const CellWork& work, const BuildResult& built, Outcome& outcome) {
  std::vector<ModuleFacts> facts;
  for (const StrippedModule& module : built.modules) facts.push_back(module.facts);
  Diagnostics problems = check_modules(facts, work.headers, work.workshop.symbols->of(work.headers), work.dependencies);
  if (!problems.ok()) throw Rejected{std::move(problems)};
  outcome.problems.insert(outcome.problems.end(), problems.all().begin(), problems.all().end());
}

/// What an earlier run finished is taken as it is; nothing of an unfinished one is.
bool take_finished(const CellWork& work, const InputParts& inputs, Outcome& outcome) {
  const auto record = read_record(work.record(), digest_of(inputs));
  if (!record) return false;
  publish(work, *record, outcome);
  outcome.status = Status::cached;
  return true;
}

bool take_compatible(const CellWork& work, const InputParts& inputs, const fs::path& scratch, Outcome& outcome) {
  const auto other = work.workshop.reusable.find(work.cell.key());
  return other != work.workshop.reusable.end() && reuse_build(work, other->second, inputs, scratch, outcome);
}

void build_and_pack(const CellWork& work, InputParts inputs, const fs::path& scratch, Outcome& outcome) {
  const std::string key = result_key(work);
  std::optional<BuildResult> result = take_result(work, key, scratch, outcome);
  const bool known = result.has_value();
  if (!known) {
    work.step(Step::compiling);
    result = make_result(work, scratch);
  }
  const BuildResult& built = *result;
  outcome.build = built.wall;
  outcome.problems.insert(outcome.problems.end(), built.warnings.begin(), built.warnings.end());
  // What the kernel would refuse is refused here, before anything is signed.
  work.step(Step::inspecting);
  inspect(work, built, outcome);
  const bool holds = known || still_hold(work, inputs, built);
  if (!holds) outcome.problems.push_back(inputs_changed(work.cell));
  if (!known && holds) keep_result(work, key, built, outcome);
  // A record of no inputs is nobody's.
  CellRecord record = record_of(work, holds ? std::move(inputs) : InputParts());
  if (holds) record.result = key;
  finish(work, built, std::move(record), outcome);
  outcome.status = known ? Status::cached : Status::built;
  if (known) outcome.reason = "compiled before with the same inputs";
}

void run(const CellWork& work, Outcome& outcome) {
  const InputParts inputs = inputs_of(work, work.workshop.manifest_digests.at(work.cell.manifest.get()));
  if (take_finished(work, inputs, outcome)) {
    outcome.log = work.log();
    return;
  }
  remove_tree(work.record());
  const fs::path scratch = work.workshop.workspace.fresh_work(work.cell);
  outcome.log = work.log();
  if (!take_compatible(work, inputs, scratch, outcome)) build_and_pack(work, inputs, scratch, outcome);
  remove_tree(scratch);
}

void fail(Outcome& outcome, std::vector<Diagnostic> problems) {
  outcome.status = Status::failed;
  const auto first = std::ranges::find(problems, Severity::error, &Diagnostic::severity);
  if (first != problems.end()) {
    outcome.reason = first->message;
    if (!outcome.failure) outcome.failure = failure_of(*first);
  }
  std::ranges::move(problems, std::back_inserter(outcome.problems));
}

}  // namespace

Outcome failed_cell(const Cell& cell, Diagnostic problem) {
  Outcome outcome{.cell = cell};
  fail(outcome, {std::move(problem)});
  return outcome;
}

Outcome run_cell(const Cell& cell, std::span<const Outcome* const> needed, Workshop& workshop,
                 const std::function<void(Step)>& step, const std::stop_token& stop) {
  if (auto unread = unread_outcome(cell, workshop.unread)) return *std::move(unread);
  const auto start = Clock::now();
  Outcome outcome{.cell = cell, .reason = cell.reason};
  try {
    step(Step::headers);
    run({.cell = cell,
         .workshop = workshop,
         .headers = workshop.headers_of(*cell.kernel),
         .step = step,
         .stop = stop,
         .home = workshop.workspace.cell(cell),
         .dependencies = built_dependencies(needed)},
        outcome);
  } catch (const BuildFailure& error) {
    outcome.failure = error.failure();
    fail(outcome, {error.diagnostic()});
  } catch (const Error& error) {
    fail(outcome, {error.diagnostic()});
  } catch (const Rejected& rejected) {
    fail(outcome, rejected.problems.all());
  } catch (const Cancelled&) {
    outcome.status = Status::cancelled;
  } catch (const std::filesystem::filesystem_error& error) {
    fail(outcome, {{.code = "file-unwritable", .message = error.what()}});
  }
  if (outcome.status != Status::cancelled) {
    try {
      outcome.log = workshop.output.publish_log(outcome.log, cell);
    } catch (const Error& error) {
      fail(outcome, {error.diagnostic()});
    }
  }
  outcome.wall = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  step(Step::done);
  return outcome;
}

}  // namespace kmpack
