#include "pipeline/cell_packages.hpp"

#include <span>
#include <utility>
#include <vector>

#include "pipeline/sign_packages.hpp"
#include "sign/seal.hpp"
#include "sys/files.hpp"
#include "verify/package.hpp"
#include "wrap/digest.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

std::vector<SealedModule> seal(const CellWork& work, const BuildResult& built) {
  const fs::path place = work.home / "modules";
  remove_tree(place);
  std::vector<SealedModule> sealed;
  for (const StrippedModule& module : built.modules) {
    sealed.push_back(seal_module(module, work.headers, work.workshop.key, place, work.stop));
  }
  return sealed;
}

std::vector<PackageFile> pack(const CellWork& work, const BuildResult& built, std::span<const SealedModule> modules) {
  const Workshop& workshop = work.workshop;
  PackageSettings settings = workshop.packing;
  settings.output = work.home / "packages";
  settings.dependencies = work.dependencies;
  if (workshop.request.key) settings.certificate = workshop.request.key->certificate;
  remove_tree(settings.output);
  std::vector<PackageFile> packages = make_packages(work.cell, work.headers, {.source = built.source}, modules,
                                                    workshop.request.formats, settings, workshop.runner, work.stop);
  sign_packages(packages, workshop.package_key, workshop.runner, work.stop);
  return packages;
}

void verify(const CellWork& work, std::span<const PackageFile> packages) {
  const Workshop& workshop = work.workshop;
  VerifyExpectation expected{.kernel = work.cell.kernel.get(), .config = &work.headers.config, .headers = &work.headers};
  expected.signatures = workshop.key == nullptr ? Signatures::optional : Signatures::required;
  if (workshop.request.key) expected.certificate = workshop.request.key->certificate;
  Diagnostics problems;
  for (const PackageFile& package : packages) problems.append(verify_package(package.path, expected, work.stop).problems);
  if (!problems.ok()) throw Rejected{std::move(problems)};
}

}  // namespace

CellRecord record_of(const CellWork& work, InputParts inputs) {
  return {.parts = std::move(inputs),
          .package = work.cell.manifest->name.str(),
          .flavor = work.cell.kernel->flavor.text(),
          .release = work.cell.kernel->release,
          .symvers = work.home / "Module.symvers"};
}

void finish(const CellWork& work, const BuildResult& built, CellRecord record, Outcome& outcome) {
  work.step(Step::signing);
  const std::vector<SealedModule> sealed = seal(work, built);
  work.step(Step::packing);
  record.packages = pack(work, built, sealed);
  // Reads the finished files again, from disk.
  work.step(Step::verifying);
  verify(work, record.packages);

  for (const SealedModule& module : sealed) {
    record.modules.push_back(
        {.name = module.facts.name, .path = module.file, .sha256 = module.sha256, .signed_by = module.signed_by});
  }
  const std::string symbols = read_file(built.symvers);
  write_file(record.symvers, symbols);
  record.symvers_sha256 = sha256_of(symbols);
  write_record(work.record(), record);
  publish(work, record, outcome);
}

void publish(const CellWork& work, const CellRecord& record, Outcome& outcome) {
  const Workshop& workshop = work.workshop;
  outcome.modules = record.modules;
  outcome.symvers = record.symvers;
  for (const PackageFile& package : record.packages) outcome.packages.push_back(workshop.output.publish(package, work.cell));
  const auto common = workshop.common_packages.find({&work.cell.whole_manifest(), work.cell.kernel->flavor.distribution});
  if (common == workshop.common_packages.end()) return;
  for (const PackageFile& package : common->second) outcome.packages.push_back(workshop.output.publish(package, work.cell));
}

}  // namespace kmpack
