#include "pipeline/generate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "build/patches.hpp"
#include "build/source_copy.hpp"
#include "headers/store.hpp"
#include "inspect/facts.hpp"
#include "package/macro_spec.hpp"
#include "package/rpm_models.hpp"
#include "package/source_rpm.hpp"
#include "package/static_spec.hpp"
#include "pipeline/choice.hpp"
#include "pipeline/run.hpp"
#include "sys/data.hpp"
#include "sys/epoch.hpp"
#include "sys/files.hpp"
#include "wrap/rpm.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

std::vector<SealedModule> sealed_modules(const Outcome& outcome) {
  std::vector<SealedModule> modules;
  for (const FinishedModule& module : outcome.modules) {
    modules.push_back(
        {.facts = read_module_facts(module.path), .file = module.path, .sha256 = module.sha256, .signed_by = module.signed_by});
  }
  return modules;
}

/// Sources that the build made, as kbuild's .mod.c: they are in the packages for debuggers, and the recipe's build will make them
/// again. Empty files stand for them.
void add_made_sources(const Outcome& outcome, const fs::path& source) {
  const fs::path place = (fs::path(outcome.cell.source_place()) / outcome.cell.manifest->source.subdirectory).lexically_normal();
  for (const PackageFile& package : outcome.packages) {
    if (!package.name.ends_with("-debugsource")) continue;
    for (const RpmFile& file : read_rpm_header(package.path).files) {
      const fs::path relative = fs::path(file.path).lexically_relative(place);
      const bool regular = (file.mode & 0170000U) == 0100000U;
      if (regular && is_safe_relative(relative) && !fs::exists(source / relative)) write_file(source / relative, "");
    }
  }
}

bool is_finished(const Outcome& outcome) { return outcome.status == Status::built || outcome.status == Status::cached; }

/// Specs for the manifests of one request.
class Generation {
 public:
  Generation(const GenerateRequest& wanted, Context& context, GenerateReport& report)
      : wanted_(wanted),
        context_(context),
        report_(report),
        workspace_(fs::absolute(wanted.request.places.workspace)),
        scratch_(workspace_ / "generate"),
        templates_(data_directories("templates")),
        sources_(header_sources(wanted.request, Metadata::stored)) {
    remove_tree(scratch_);
    make_directories(scratch_);
  }
  ~Generation() { remove_quietly(); }
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  void write_out(const std::shared_ptr<const Manifest>& manifest, const std::vector<const Outcome*>& cells) {
    std::vector<RecipePart> parts;
    GeneratedSource made{.package = manifest->name};
    for (const Outcome* outcome : cells) {
      parts.push_back(part_of(*outcome, parts.size()));
      made.kernels.push_back(outcome->cell.kernel->id());
    }
    std::vector<PackageModel> common;
    if (needs_common_package(*manifest)) {
      common.push_back(
          common_package_model(*manifest, parts.front().cell.kernel->rules, Format::rpm, source_date_epoch_or_default()));
    }
    write(*manifest, render_static_spec(parts, common, templates_), std::move(made));
  }

  void write_macro(const Manifest& manifest, const MacroFlavors& flavors) {
    const fs::path certificate = wanted_.request.key ? wanted_.request.key->certificate : fs::path();
    write(manifest, render_macro_spec(manifest, flavors, certificate, source_date_epoch_or_default(), templates_),
          {.package = manifest.name});
  }

 private:
  void remove_quietly() noexcept {
    try {
      remove_tree(scratch_);
    } catch (const std::exception&) {
      // The next run removes it.
    }
  }

  /// The build's own copy is gone once its cell is finished.
  fs::path patched_source(const Cell& cell, std::size_t number) {
    const fs::path place = scratch_ / std::to_string(number);
    std::vector<fs::path> skipped;
    const fs::path root = copy_source(cell.manifest->source, place, workspace_, skipped, context_.stop);
    apply_patches(*cell.manifest, cell.kernel->release, root, scratch_ / "patch.log", context_.runner, context_.stop);
    return root;
  }

  RecipePart part_of(const Outcome& outcome, std::size_t number) {
    RecipePart part{.cell = outcome.cell,
                    .headers = open_headers(sources_, *outcome.cell.kernel),
                    .source = patched_source(outcome.cell, number)};
    add_made_sources(outcome, part.source);
    const std::vector<SealedModule> modules = sealed_modules(outcome);
    const RpmContext context{.certificate = wanted_.request.key ? wanted_.request.key->certificate : fs::path()};
    part.models = rpm_models(part.cell, part.headers, modules, BuildRecord{.source = part.source}, context);
    return part;
  }

  void write(const Manifest& manifest, const SourcePackage& package, GeneratedSource made) {
    const fs::path& output = wanted_.request.output;
    made.name = package.head.name;
    made.files = write_source_files(package, manifest, workspace_, output, context_.stop);
    made.spec = made.files.front();
    made.files.erase(made.files.begin());
    if (wanted_.source == SourceRpm::yes) {
      made.source_rpm = write_source_rpm(package, output, scratch_, context_.runner, context_.stop);
    }
    report_.sources.push_back(std::move(made));
  }

  const GenerateRequest& wanted_;
  Context& context_;
  GenerateReport& report_;
  fs::path workspace_;
  fs::path scratch_;
  Templates templates_;
  HeaderSources sources_;
};

void write_static_specs(const GenerateRequest& wanted, Context& context, Progress& progress, GenerateReport& report) {
  Request request = wanted.request;
  // A spec needs finished modules; what `build` gave its user stays as it is.
  request.output = request.places.workspace / "generated";
  report.cells = build(request, context, progress);
  report.problems.append(report.cells.problems);
  if (!report.problems.ok()) return;
  std::vector<std::shared_ptr<const Manifest>> manifests;
  std::map<const Manifest*, std::vector<const Outcome*>> cells;
  for (const Outcome& outcome : report.cells.cells) {
    const auto& manifest = outcome.cell.manifest;
    if (!cells.contains(manifest.get())) manifests.push_back(manifest);
    auto& known = cells[manifest.get()];
    if (outcome.status != Status::excluded) known.push_back(&outcome);
  }
  Generation generation(wanted, context, report);
  for (const auto& manifest : manifests) {
    const std::vector<const Outcome*>& known = cells[manifest.get()];
    if (!std::ranges::all_of(known, [](const Outcome* outcome) { return is_finished(*outcome); })) continue;
    if (known.empty()) {
      report.problems.report(
          {.code = "spec-no-kernel",
           .message = fmt::format("{} is excluded for every kernel, so there is no spec to write", manifest->name.str()),
           .where = SourceSpan{manifest->file, 0, 0},
           .hint = "'kmpack plan' says why"});
      continue;
    }
    generation.write_out(manifest, known);
  }
}

void write_macro_specs(const GenerateRequest& wanted, Context& context, GenerateReport& report) {
  const Inputs inputs = read_inputs(wanted.request, Manifests::needed, report.problems);
  if (!report.problems.ok()) return;
  Generation generation(wanted, context, report);
  for (const auto& manifest : inputs.manifests) {
    const MacroFlavors flavors = macro_flavors(*manifest, inputs.flavors, inputs.catalogues, report.problems);
    if (report.problems.ok()) generation.write_macro(*manifest, flavors);
  }
}

}  // namespace

GenerateReport generate(const GenerateRequest& wanted, Context& context, Progress& progress) {
  GenerateReport report;
  if (wanted.form == SpecForm::written_out) {
    write_static_specs(wanted, context, progress, report);
  } else {
    write_macro_specs(wanted, context, report);
  }
  return report;
}

}  // namespace kmpack
