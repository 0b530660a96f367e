#include "pipeline/cell_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "build/build.hpp"
#include "build/failure_class.hpp"
#include "inspect/check.hpp"
#include "inspect/facts.hpp"
#include "inspect/symvers.hpp"
#include "pipeline/inputs.hpp"
#include "pipeline/order.hpp"
#include "pipeline/record.hpp"
#include "pipeline/sign_packages.hpp"
#include "sign/seal.hpp"
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
  BuildRecord compile(const HeaderTree& headers, const fs::path& work) const;
  void inspect(const BuildRecord& built, const HeaderTree& headers, Outcome& outcome) const;
  std::vector<SealedModule> seal(const BuildRecord& built, const HeaderTree& headers) const;
  std::vector<PackageFile> pack(const BuildRecord& built, const HeaderTree& headers, std::span<const SealedModule> modules) const;
  void verify(std::span<const PackageFile> packages, const HeaderTree& headers) const;
  void publish(const CellRecord& record, Outcome& outcome) const;
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

BuildRecord CellRun::compile(const HeaderTree& headers, const fs::path& work) const {
  BuildSettings settings{.directory = work,
                         .log = log(),
                         .compiler = workshop_.request.compiler,
                         .limit = workshop_.request.build_limit,
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

void CellRun::inspect(const BuildRecord& built, const HeaderTree& headers, Outcome& outcome) const {
  std::vector<ModuleFacts> facts;
  for (const BuiltModule& module : built.modules) facts.push_back(read_module_facts(module.file));
  Diagnostics problems = check_modules(facts, headers, Symvers::read(headers.symvers), dependencies_);
  if (!problems.ok()) throw Rejected{std::move(problems)};
  outcome.problems.insert(outcome.problems.end(), problems.all().begin(), problems.all().end());
}

std::vector<SealedModule> CellRun::seal(const BuildRecord& built, const HeaderTree& headers) const {
  const fs::path place = home_ / "modules";
  remove_tree(place);
  std::vector<SealedModule> sealed;
  for (const BuiltModule& module : built.modules) {
    sealed.push_back(seal_module(module, headers, workshop_.key, place, workshop_.runner, stop_));
  }
  return sealed;
}

std::vector<PackageFile> CellRun::pack(const BuildRecord& built, const HeaderTree& headers,
                                       std::span<const SealedModule> modules) const {
  PackageSettings settings = workshop_.packing;
  settings.output = home_ / "packages";
  settings.dependencies = dependencies_;
  if (workshop_.request.key) settings.certificate = workshop_.request.key->certificate;
  remove_tree(settings.output);
  std::vector<PackageFile> packages =
      make_packages(cell_, headers, built, modules, workshop_.request.formats, settings, workshop_.runner, stop_);
  sign_packages(packages, workshop_.package_key, workshop_.runner, stop_);
  return packages;
}

void CellRun::verify(std::span<const PackageFile> packages, const HeaderTree& headers) const {
  VerifyExpectation expected{.kernel = cell_.kernel.get(), .config = &headers.config};
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
  const HeaderTree headers = workshop_.headers_of(*cell_.kernel);
  InputParts inputs = this->inputs(headers);
  const fs::path record_place = record_file(workshop_.workspace.directory(), cell_);
  // What an earlier run finished is taken as it is; nothing of an unfinished one is.
  if (const auto record = read_record(record_place, digest_of(inputs))) {
    publish(*record, outcome);
    outcome.log = workshop_.output.publish_log(log(), cell_);
    outcome.status = Status::cached;
    return;
  }
  remove_tree(record_place);
  const fs::path work = workshop_.workspace.fresh_work(cell_);

  step_(Step::compiling);
  outcome.log = log();
  const BuildRecord built = compile(headers, work);
  outcome.problems = built.warnings;
  // What the kernel would refuse is refused here, before anything is signed.
  step_(Step::inspecting);
  inspect(built, headers, outcome);
  step_(Step::signing);
  const std::vector<SealedModule> sealed = seal(built, headers);
  step_(Step::packing);
  CellRecord record{.parts = std::move(inputs),
                    .package = cell_.manifest->name.str(),
                    .flavor = cell_.kernel->flavor.text(),
                    .release = cell_.kernel->release,
                    .packages = pack(built, headers, sealed),
                    .symvers = home_ / "Module.symvers"};
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
  write_record(record_place, record);
  publish(record, outcome);
  remove_tree(work);
  outcome.status = Status::built;
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
  if (outcome.status == Status::failed || outcome.status == Status::built) {
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
