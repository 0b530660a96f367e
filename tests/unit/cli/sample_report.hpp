#pragma once

#include <memory>

#include "pipeline/report.hpp"

namespace kmpack::test {

inline Cell sample_cell(const std::string& flavor, const std::string& release, Verdict verdict = Verdict::build) {
  Manifest manifest;
  manifest.name = PackageName{"hello"};
  Kernel kernel;
  kernel.flavor = {.distribution = "debian-12", .flavor = flavor, .arch = "amd64"};
  kernel.release = KernelRelease{release};
  kernel.origin = HeadersOrigin::store;
  return {.manifest = std::make_shared<const Manifest>(manifest),
          .kernel = std::make_shared<const Kernel>(kernel),
          .verdict = verdict,
          .reason = verdict == Verdict::excluded ? "needs CONFIG_VIDEO_DEV" : "",
          .newest_of_series = true};
}

inline Outcome built_outcome() {
  return {.cell = sample_cell("amd64", "6.1.0-7-amd64"),
          .status = Status::built,
          .reason = {},
          .problems = {},
          .modules = {{ModuleName{"hello"}, "w/hello.ko", std::string(64, 'a'), "Example"}},
          .packages = {{.format = Format::deb,
                        .kind = PackageKind::modules,
                        .path = "dist/debian-12/amd64/hello-modules-6.1.0-7-amd64_1.0-1_amd64.deb",
                        .sha256 = std::string(64, 'b'),
                        .name = "hello-modules-6.1.0-7-amd64",
                        .version = "1.0-1",
                        .arch = "amd64"}},
          .log = "dist/logs/hello.log",
          .wall = std::chrono::milliseconds{3140}};
}

inline Outcome failed_outcome() {
  return {.cell = sample_cell("rt-amd64", "6.1.0-7-rt-amd64"),
          .status = Status::failed,
          .reason = "hello.c:3:1: error: expected ';'",
          .problems = {{.code = "build-failed",
                        .message = "make did not build the modules",
                        .where = SourceSpan{"hello.c", 3, 1},
                        .notes = {"expected ';'"},
                        .hint = "read the log"}},
          .failure = Failure{.kind = FailureClass::compiler_error, .file = "hello.c", .line = 3, .message = "expected ';'"},
          .modules = {},
          .packages = {},
          .log = "dist/logs/hello-rt.log",
          .wall = std::chrono::milliseconds{127000}};
}

inline Outcome excluded_outcome() {
  return {.cell = sample_cell("cloud-amd64", "6.1.0-7-cloud-amd64", Verdict::excluded),
          .status = Status::excluded,
          .reason = "needs CONFIG_VIDEO_DEV",
          .failure = Failure{.kind = FailureClass::excluded, .message = "needs CONFIG_VIDEO_DEV"}};
}

/// One built, one failed, one excluded.
inline Report sample_report() {
  Report report;
  report.output = "dist";
  report.cells = {built_outcome(), failed_outcome(), excluded_outcome()};
  return report;
}

/// One to build, one that cannot be begun, one excluded.
inline Plan sample_plan() {
  Plan plan;
  for (const Outcome& outcome : sample_report().cells) plan.cells.push_back(outcome.cell);
  plan.failed.emplace(1, failed_outcome());
  return plan;
}

}  // namespace kmpack::test
