#pragma once

#include <filesystem>
#include <optional>
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
/// Is a Debian source package wanted, for the kernels of Debian's family?
enum class DebianDirectory { no, yes };
/// Are .src.rpm and .dsc wanted beside spec and debian/?
enum class SourcePackages { none, made };

struct GenerateRequest {
  Request request;  ///< `output` is where specs, trees and sources go
  std::optional<SpecForm> form;
  DebianDirectory debian = DebianDirectory::no;
  SourcePackages source = SourcePackages::none;
};

/// What was written for one manifest: a spec, or a tree with a debian/ in it.
struct GeneratedSource {
  PackageName package;
  std::string name;  ///< of the source package
  std::filesystem::path spec;
  std::filesystem::path debian;              ///< the source tree
  std::vector<std::filesystem::path> files;  ///< that the spec or the .dsc names
  std::filesystem::path source_rpm;          ///< empty: not asked for
  std::filesystem::path dsc;                 ///< empty: not asked for
  std::vector<std::string> kernels;          ///< ids; empty for macro specs, which follow the build root
};

struct GenerateReport {
  Report cells;  ///< of the builds that static specs and a debian/ need; its packages are not published
  std::vector<GeneratedSource> sources;
  Diagnostics problems;
};

/// Write spec files with their sources and Debian source trees, one of each for each manifest.
///
/// Shape:   relations of static specs and of debian/control follow from the modules: cells that the workspace has no finished
///          record of are built as `build` would, into the workspace; the output directory of `build` is not touched. When one of
///          a manifest's cells fails, it has neither. Macro specs need no kernel. A spec alone takes any kernel; with debian/
///          each takes those of its own family.
/// Errors:  as build(); generate-build-depends, spec-style-mixed, spec-package-twice, spec-no-kernel, debian-no-kernel, and
///          those of write_source_rpm(), render_debian_source(), write_source_tree() and write_dsc(). Throws Cancelled.
/// Threads: one call for each workspace.
GenerateReport generate(const GenerateRequest& wanted, Context& context, Progress& progress);

}  // namespace kmpack
