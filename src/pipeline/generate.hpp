#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/report.hpp"
#include "pipeline/request.hpp"

namespace kmpack {

/// How a spec says which packages there are.
enum class SpecForm {
  written_out,  ///< `static`: every package of every kernel, with its relations
  macro         ///< `macro`: a call of %kernel_module_package, evaluated where it is built
};
enum class SourceRpm { no, yes };

struct GenerateRequest {
  Request request;  ///< `output` is where spec and sources go
  SpecForm form = SpecForm::written_out;
  SourceRpm source = SourceRpm::no;
};

/// What was written for one manifest.
struct GeneratedSource {
  PackageName package;
  std::string name;  ///< of the source package
  std::filesystem::path spec;
  std::vector<std::filesystem::path> files;  ///< that the spec names
  std::filesystem::path source_rpm;          ///< empty: not asked for
  std::vector<std::string> kernels;          ///< ids; empty for macro specs, which follow the build root
};

struct GenerateReport {
  Report cells;  ///< of the builds that static specs need; its packages are not published
  std::vector<GeneratedSource> sources;
  Diagnostics problems;
};

/// Write spec files with their sources, one for each manifest.
///
/// Shape:   relations of static specs follow from the modules: cells that the workspace has no finished record of are built as
///          `build` would, into the workspace; the output directory of `build` is not touched. When one of a manifest's cells
///          fails, it has no spec. Macro specs need no kernel.
/// Errors:  as build(); spec-style-mixed, spec-package-twice, spec-no-kernel, and those of write_source_rpm(). Throws Cancelled.
/// Threads: one call for each workspace.
GenerateReport generate(const GenerateRequest& wanted, Context& context, Progress& progress);

}  // namespace kmpack
