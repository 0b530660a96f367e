#include "pipeline/generate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <span>

#include "pipeline/choice.hpp"
#include "pipeline/generate_writer.hpp"
#include "pipeline/run.hpp"

namespace kmpack {
namespace {

using Cells = std::vector<const Outcome*>;

bool is_finished(const Outcome* outcome) { return outcome->status == Status::built || outcome->status == Status::cached; }

Cells of_family(const Cells& cells, PackageFamily family) {
  Cells kept;
  std::ranges::copy_if(cells, std::back_inserter(kept),
                       [&](const Outcome* outcome) { return outcome->cell.kernel->rules.family == family; });
  return kept;
}

/// The cells of one manifest, as what is written from them sees them.
struct Chosen {
  const Manifest& manifest;
  Cells cells;

  [[nodiscard]] Cells wanted() const {
    Cells kept;
    std::ranges::copy_if(cells, std::back_inserter(kept),
                         [](const Outcome* outcome) { return outcome->status != Status::excluded; });
    return kept;
  }
};

Diagnostic excluded_everywhere(const Manifest& manifest, std::string_view code, std::string_view what) {
  return {.code = code,
          .message = fmt::format("{} is excluded for every kernel, so there is no {} to write", manifest.name.str(), what),
          .where = SourceSpan{manifest.file, 0, 0},
          .hint = "'kmpack plan' says why"};
}

Diagnostic no_rpm_kernel(const Manifest& manifest) {
  return {.code = "spec-no-kernel",
          .message = fmt::format("none of the kernels chosen for {} is of an rpm distribution, so there is no spec to write",
                                 manifest.name.str()),
          .where = SourceSpan{manifest.file, 0, 0},
          .hint = "name kernels with --flavor, or leave --spec out"};
}

Diagnostic no_macro_for_dkms(const Manifest& manifest) {
  return {.code = "spec-macro-dkms",
          .message = "what a dkms.conf means is known for given kernels only, and a macro spec has none",
          .where = SourceSpan{manifest.file, 0, 0},
          .hint = "use --spec static, or write a kmpack.xml with 'kmpack init --flavor PATTERN' and generate from that"};
}

/// Nothing is written for a manifest with a cell that failed; the cell's outcome says why.
bool may_write(const Cells& cells) { return !cells.empty() && std::ranges::all_of(cells, is_finished); }

void write_static(const Chosen& chosen, GenerateWriter& writer, GenerateReport& report) {
  const Cells cells = chosen.wanted();
  const Manifest& manifest = chosen.manifest;
  if (cells.empty()) {
    report.problems.report(chosen.cells.empty() ? no_rpm_kernel(manifest)
                                                : excluded_everywhere(manifest, "spec-no-kernel", "spec"));
  }
  if (may_write(cells)) writer.write_static(manifest, cells);
}

void write_debian(const Chosen& chosen, GenerateWriter& writer, GenerateReport& report) {
  const Cells cells = chosen.wanted();
  const Manifest& manifest = chosen.manifest;
  if (cells.empty()) {
    report.problems.report(chosen.cells.empty() ? no_debian_kernel(manifest)
                                                : excluded_everywhere(manifest, "debian-no-kernel", "debian/"));
  }
  if (may_write(cells)) writer.write_debian(manifest, cells);
}

/// Who builds a recipe would need the other package's Module.symvers, and no package of modules holds one.
void refuse_needing(const Manifest& manifest, Diagnostics& problems) {
  if (manifest.build_depends.empty()) return;
  problems.report({.code = "generate-build-depends",
                   .message = fmt::format("{} needs the symbols of {}, which those who build a recipe do not have",
                                          manifest.name.str(), manifest.build_depends.front().str()),
                   .where = SourceSpan{manifest.file, 0, 0},
                   .hint = "build its packages with 'kmpack build', or make one package of both"});
}

void refuse_needing(const Inputs& inputs, Diagnostics& problems) {
  for (const auto& manifest : inputs.manifests) refuse_needing(*manifest, problems);
}

/// Of a dkms.conf it is known only from its cells what it needs.
void refuse_needing(std::span<const Cell> cells, Diagnostics& problems) {
  std::set<PackageName> seen;
  for (const Cell& cell : cells) {
    if (seen.insert(cell.manifest->name).second) refuse_needing(cell.whole_manifest(), problems);
  }
}

void write_from_cells(const GenerateRequest& wanted, Context& context, Progress& progress, GenerateReport& report) {
  const bool with_spec = wanted.form == SpecForm::written_out;
  const bool with_debian = wanted.debian == DebianDirectory::yes;
  Request request = wanted.request;
  // A spec needs finished modules; what `build` gave its user stays as it is.
  request.output = request.places.workspace / "generated";
  if (!with_spec) request.families = {PackageFamily::deb};
  // A manifest may have no cell at all. What there is to say about them, the build says.
  Diagnostics said;
  const Inputs inputs = read_inputs(request, Manifests::needed, context, said);
  refuse_needing(inputs, report.problems);
  if (!report.problems.ok()) return;
  report.cells = build(request, context, progress,
                       [](std::span<const Cell> cells, Diagnostics& problems) { refuse_needing(cells, problems); });
  report.problems.append(report.cells.problems);
  std::map<PackageName, Cells> cells;
  for (const Outcome& outcome : report.cells.cells) {
    cells[outcome.cell.manifest->name].push_back(&outcome);
  }
  if (!report.problems.ok()) return;
  GenerateWriter writer(wanted, context, report);
  for (const auto& named : inputs.manifests) {
    const Cells& known = cells[named->name];
    // Of a dkms.conf the cells know more: which modules there are.
    const Manifest& manifest = known.empty() ? *named : known.front()->cell.whole_manifest();
    if (with_spec) write_static({manifest, with_debian ? of_family(known, PackageFamily::rpm) : known}, writer, report);
    if (with_debian) write_debian({manifest, of_family(known, PackageFamily::deb)}, writer, report);
  }
}

void write_macro_specs(const GenerateRequest& wanted, Context& context, GenerateReport& report) {
  const Inputs inputs = read_inputs(wanted.request, Manifests::needed, context, report.problems);
  refuse_needing(inputs, report.problems);
  if (!report.problems.ok()) return;
  GenerateWriter writer(wanted, context, report);
  for (const auto& manifest : inputs.manifests) {
    if (manifest->dkms) report.problems.report(no_macro_for_dkms(*manifest));
  }
  for (const auto& manifest : inputs.manifests) {
    if (!report.problems.ok()) break;
    const MacroFlavors flavors = macro_flavors(*manifest, inputs.flavors, inputs.catalogues, report.problems);
    if (report.problems.ok()) writer.write_macro(*manifest, flavors);
  }
}

}  // namespace

GenerateReport generate(const GenerateRequest& wanted, Context& context, Progress& progress) {
  GenerateReport report;
  if (wanted.form == SpecForm::macro) write_macro_specs(wanted, context, report);
  const bool from_cells = wanted.form == SpecForm::written_out || wanted.debian == DebianDirectory::yes;
  if (from_cells && report.problems.ok()) write_from_cells(wanted, context, progress, report);
  return report;
}

}  // namespace kmpack
