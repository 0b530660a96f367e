#include "pipeline/cell_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "build/build.hpp"
#include "build/failure_class.hpp"
#include "inspect/check.hpp"
#include "inspect/loads_elsewhere.hpp"
#include "inspect/symvers.hpp"
#include "pipeline/inputs.hpp"
#include "pipeline/order.hpp"
#include "pipeline/record.hpp"
#include "pipeline/result_key.hpp"
#include "pipeline/sign_packages.hpp"
#include "sign/seal.hpp"
#include "sign/strip.hpp"
#include "sys/confine.hpp"
#include "sys/files.hpp"
#include "verify/package.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using Clock = std::chrono::steady_clock;

/// Problems that make a cell fail although no single one stopped the work.
struct Rejected {
  Diagnostics problems;
};

Diagnostic not_reused(const CompatibleBuild& other, std::string_view why) {
  return {.severity = Severity::warning,
          .code = "reuse-unavailable",
          .message = fmt::format("the build for {} was not taken: {}", other.record.release.str(), why),
          .where = {},
          .notes = {other.reason},
          .hint = "nothing to do: the modules were built for this kernel"};
}

/// One cell on its way; a member for what later steps need of earlier ones.
class CellRun {
 public:
  CellRun(const Cell& cell, std::span<const Outcome* const> needed, Workshop& workshop, const std::function<void(Step)>& step,
          const std::stop_token& stop)
      : cell_(cell), workshop_(workshop), step_(step), stop_(stop), home_(workshop.workspace.cell(cell)) {
    for (const Outcome* outcome : needed) {
      dependencies_.push_back(built_dependency(outcome->cell, outcome->symvers, outcome->modules));
    }
  }

  void run(Outcome& outcome);

 private:
  InputParts inputs(const HeaderTree& headers) const;
  std::string key(const HeaderTree& headers) const;
  std::optional<BuildResult> take(const std::string& key, const fs::path& work, Outcome& outcome) const;
  void keep(const std::string& key, const BuildResult& built, Outcome& outcome) const;
  BuildRecord compile(const HeaderTree& headers, const fs::path& work) const;
  BuildResult strip(BuildRecord built, const HeaderTree& headers, const fs::path& work) const;
  void inspect(const BuildResult& built, const HeaderTree& headers, Outcome& outcome) const;
  std::vector<SealedModule> seal(const BuildResult& built, const HeaderTree& headers) const;
  std::vector<PackageFile> pack(const BuildResult& built, const HeaderTree& headers, std::span<const SealedModule> modules) const;
  void verify(std::span<const PackageFile> packages, const HeaderTree& headers) const;
  void finish(const BuildResult& built, const HeaderTree& headers, CellRecord record, Outcome& outcome) const;
  bool reuse(const CompatibleBuild& other, const HeaderTree& headers, const InputParts& inputs, const fs::path& work,
             Outcome& outcome) const;
  bool link(const CompatibleBuild& other, std::string_view linker, const InputParts& inputs, Outcome& outcome) const;
  void publish(const CellRecord& record, Outcome& outcome) const;
  [[nodiscard]] CellRecord record_of(InputParts inputs) const;
  [[nodiscard]] fs::path record_place() const { return record_file(workshop_.workspace.directory(), cell_); }
  [[nodiscard]] fs::path log() const { return home_ / "build.log"; }

  const Cell& cell_;
  Workshop& workshop_;
  const std::function<void(Step)>& step_;
  const std::stop_token& stop_;
  fs::path home_;
  std::vector<BuiltDependency> dependencies_;
};

InputParts CellRun::inputs(const HeaderTree& headers) const {
  return cell_parts(cell_, headers,
                    {.manifest = workshop_.manifest_digests.at(cell_.manifest.get()),
                     .compiler = workshop_.compiler_digest_of(headers),
                     .certificate = workshop_.key == nullptr ? std::string() : sha256_of(workshop_.key->der()),
                     .package_key = workshop_.package_key == nullptr ? std::string() : workshop_.package_key->fingerprint,
                     .formats = workshop_.request.formats,
                     .dependencies = dependencies_,
                     .workspace = workshop_.workspace.directory()});
}

/// What the result is kept under; empty where nobody can say who would compile it.
std::string CellRun::key(const HeaderTree& headers) const {
  const std::string compiler = workshop_.compiler_digest_of(headers);
  if (compiler.empty()) return {};
  return result_key(cell_, headers,
                    {.source = workshop_.manifest_digests.at(cell_.manifest.get()),
                     .compiler = compiler,
                     .confined = !runs_foreign_text(*cell_.manifest) || is_confining(workshop_.runner, stop_),
                     .dependencies = dependencies_,
                     .workspace = workshop_.workspace.directory()});
}

/// What was compiled before, here or by whoever shares the cache, with its log in the place of ours.
std::optional<BuildResult> CellRun::take(const std::string& key, const fs::path& work, Outcome& outcome) const {
  if (key.empty()) return std::nullopt;
  std::optional<BuildResult> result = workshop_.results->take(key, work / "result", outcome.problems, stop_);
  if (!result) return std::nullopt;
  for (Diagnostic& warning : result->warnings) {
    // Where the manifest lies is not kept, and lines may have moved.
    if (warning.where) warning.where = SourceSpan{cell_.manifest->file, 0, 0};
  }
  write_file(log(), read_file(result->log));
  return result;
}

void CellRun::keep(const std::string& key, const BuildResult& built, Outcome& outcome) const {
  if (key.empty()) return;
  if (auto problem = workshop_.results->keep(key, built, packed_sources(cell_, built.source)))
    outcome.problems.push_back(*std::move(problem));
}

BuildRecord CellRun::compile(const HeaderTree& headers, const fs::path& work) const {
  BuildSettings settings{.directory = work,
                         .log = log(),
                         .compiler = workshop_.request.compiler,
                         .limit = workshop_.request.build_limit,
                         .probes = workshop_.probes.get(),
                         .workspace = workshop_.workspace.directory()};
  for (const BuiltDependency& dependency : dependencies_) {
    const Manifest& manifest = *dependency.cell.manifest;
    settings.symbols.push_back({.file = dependency.symvers,
                                .name = manifest.dkms ? manifest.dkms->name : manifest.name.str(),
                                .version = manifest.dkms ? manifest.dkms->version : manifest.version,
                                .source = manifest.source,
                                .place = dependency.cell.source_place()});
  }
  return build_modules(cell_, headers, settings, workshop_.jobserver, workshop_.runner, stop_);
}

BuildResult CellRun::strip(BuildRecord built, const HeaderTree& headers, const fs::path& work) const {
  BuildResult result{.modules = {},
                     .source = std::move(built.source),
                     .symvers = std::move(built.symvers),
                     .log = std::move(built.log),
                     .wall = built.wall,
                     .warnings = std::move(built.warnings)};
  for (const BuiltModule& module : built.modules) {
    result.modules.push_back(strip_module(module, headers, work / "stripped", workshop_.runner, stop_));
  }
  return result;
}

void CellRun::inspect(const BuildResult& built, const HeaderTree& headers, Outcome& outcome) const {
  std::vector<ModuleFacts> facts;
  for (const StrippedModule& module : built.modules) facts.push_back(module.facts);
  Diagnostics problems = check_modules(facts, headers, workshop_.symbols->of(headers), dependencies_);
  if (!problems.ok()) throw Rejected{std::move(problems)};
  outcome.problems.insert(outcome.problems.end(), problems.all().begin(), problems.all().end());
}

std::vector<SealedModule> CellRun::seal(const BuildResult& built, const HeaderTree& headers) const {
  const fs::path place = home_ / "modules";
  remove_tree(place);
  std::vector<SealedModule> sealed;
  for (const StrippedModule& module : built.modules) {
    sealed.push_back(seal_module(module, headers, workshop_.key, place, stop_));
  }
  return sealed;
}

std::vector<PackageFile> CellRun::pack(const BuildResult& built, const HeaderTree& headers,
                                       std::span<const SealedModule> modules) const {
  PackageSettings settings = workshop_.packing;
  settings.output = home_ / "packages";
  settings.dependencies = dependencies_;
  if (workshop_.request.key) settings.certificate = workshop_.request.key->certificate;
  remove_tree(settings.output);
  std::vector<PackageFile> packages = make_packages(cell_, headers, {.source = built.source}, modules, workshop_.request.formats,
                                                    settings, workshop_.runner, stop_);
  sign_packages(packages, workshop_.package_key, workshop_.runner, stop_);
  return packages;
}

void CellRun::verify(std::span<const PackageFile> packages, const HeaderTree& headers) const {
  VerifyExpectation expected{.kernel = cell_.kernel.get(), .config = &headers.config, .headers = &headers};
  expected.signatures = workshop_.key == nullptr ? Signatures::optional : Signatures::required;
  if (workshop_.request.key) expected.certificate = workshop_.request.key->certificate;
  Diagnostics problems;
  for (const PackageFile& package : packages) problems.append(verify_package(package.path, expected, stop_).problems);
  if (!problems.ok()) throw Rejected{std::move(problems)};
}

void CellRun::publish(const CellRecord& record, Outcome& outcome) const {
  outcome.modules = record.modules;
  outcome.symvers = record.symvers;
  for (const PackageFile& package : record.packages) outcome.packages.push_back(workshop_.output.publish(package, cell_));
  const auto common = workshop_.common_packages.find({&cell_.whole_manifest(), cell_.kernel->flavor.distribution});
  if (common == workshop_.common_packages.end()) return;
  for (const PackageFile& package : common->second) outcome.packages.push_back(workshop_.output.publish(package, cell_));
}

void CellRun::run(Outcome& outcome) {
  step_(Step::headers);
  const HeaderTree& headers = workshop_.headers_of(*cell_.kernel);
  InputParts inputs = this->inputs(headers);
  // What an earlier run finished is taken as it is; nothing of an unfinished one is.
  if (const auto record = read_record(record_place(), digest_of(inputs))) {
    publish(*record, outcome);
    outcome.log = log();
    outcome.status = Status::cached;
    return;
  }
  remove_tree(record_place());
  const fs::path work = workshop_.workspace.fresh_work(cell_);

  outcome.log = log();
  if (const auto other = workshop_.reusable.find(cell_.key()); other != workshop_.reusable.end()) {
    if (reuse(other->second, headers, inputs, work, outcome)) {
      remove_tree(work);
      return;
    }
  }
  const std::string key = this->key(headers);
  std::optional<BuildResult> result = take(key, work, outcome);
  const bool known = result.has_value();
  if (!known) {
    step_(Step::compiling);
    result = strip(compile(headers, work), headers, work);
  }
  const BuildResult& built = *result;
  outcome.build = built.wall;
  outcome.problems.insert(outcome.problems.end(), built.warnings.begin(), built.warnings.end());
  // What the kernel would refuse is refused here, before anything is signed.
  step_(Step::inspecting);
  inspect(built, headers, outcome);
  if (!known) keep(key, built, outcome);
  CellRecord record = record_of(std::move(inputs));
  record.result = key;
  finish(built, headers, std::move(record), outcome);
  remove_tree(work);
  outcome.status = known ? Status::cached : Status::built;
  if (known) outcome.reason = "compiled before with the same inputs";
}

CellRecord CellRun::record_of(InputParts inputs) const {
  return {.parts = std::move(inputs),
          .package = cell_.manifest->name.str(),
          .flavor = cell_.kernel->flavor.text(),
          .release = cell_.kernel->release,
          .symvers = home_ / "Module.symvers"};
}

/// From modules that the kernel takes to published packages.
void CellRun::finish(const BuildResult& built, const HeaderTree& headers, CellRecord record, Outcome& outcome) const {
  step_(Step::signing);
  const std::vector<SealedModule> sealed = seal(built, headers);
  step_(Step::packing);
  record.packages = pack(built, headers, sealed);
  // Reads the finished files again, from disk.
  step_(Step::verifying);
  verify(record.packages, headers);

  for (const SealedModule& module : sealed) {
    record.modules.push_back(
        {.name = module.facts.name, .path = module.file, .sha256 = module.sha256, .signed_by = module.signed_by});
  }
  const std::string symbols = read_file(built.symvers);
  write_file(record.symvers, symbols);
  record.symvers_sha256 = sha256_of(symbols);
  write_record(record_place(), record);
  publish(record, outcome);
}

/// Where the target links modules of one kernel to others, the package of that kernel is the one for this.
bool CellRun::link(const CompatibleBuild& other, std::string_view linker, const InputParts& inputs, Outcome& outcome) const {
  using enum InputPart;
  for (const InputPart part : {certificate, package_key, formats}) {
    const auto known = other.record.parts.find(part);
    if (known == other.record.parts.end() || known->second != inputs.at(part)) return false;
  }
  const auto package = std::ranges::find(other.record.packages, PackageKind::modules, &PackageFile::kind);
  if (package == other.record.packages.end()) return false;
  CellRecord record = record_of(inputs);
  record.reused_from = other.record.release;
  write_file(record.symvers, "");
  record.symvers_sha256 = sha256_of("");
  write_record(record_place(), record);
  CellRecord published = other.record;
  published.symvers = record.symvers;
  publish(published, outcome);
  outcome.log.clear();
  outcome.status = Status::compatible;
  outcome.reason = fmt::format("{}; {} links {} {}", other.reason, linker, package->name, package->version);
  return true;
}

/// Take the modules of another kernel's build, as the user allowed. False, with a warning, where they are not to be had.
bool CellRun::reuse(const CompatibleBuild& other, const HeaderTree& headers, const InputParts& inputs, const fs::path& work,
                    Outcome& outcome) const {
  if (const auto linker = linker_of_modules(cell_, workshop_.request.formats)) {
    if (link(other, *linker, inputs, outcome)) return true;
    outcome.problems.push_back(not_reused(other, "its packages have another key or format"));
    return false;
  }
  const RpmStyle style = cell_.kernel->rules.rpm.style;
  if (style == RpmStyle::kmp || style == RpmStyle::kmod) {
    outcome.problems.push_back(not_reused(other, "packages of this distribution are for one kernel"));
    return false;
  }
  std::optional<BuildResult> result = take(other.record.result, work, outcome);
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
  const LoadsElsewhere here = loads_elsewhere(facts, headers);
  if (!here.loads) {
    outcome.problems.push_back(not_reused(other, here.reason));
    remove_tree(work / "result");
    return false;
  }
  CellRecord record = record_of(inputs);
  record.reused_from = other.record.release;
  finish(*result, headers, std::move(record), outcome);
  outcome.status = Status::compatible;
  outcome.reason = other.reason;
  return true;
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
    CellRun(cell, needed, workshop, step, stop).run(outcome);
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
