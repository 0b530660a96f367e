#include "pipeline/generate_writer.hpp"

#include <utility>

#include "build/patches.hpp"
#include "build/source_copy.hpp"
#include "inspect/facts.hpp"
#include "package/deb_models.hpp"
#include "package/debian_source.hpp"
#include "package/rpm_models.hpp"
#include "package/source_deb.hpp"
#include "package/source_rpm.hpp"
#include "package/static_spec.hpp"
#include "pipeline/choice.hpp"
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

/// What no kernel's build has a part in, in the place of the first kernel's distribution.
std::vector<PackageModel> common_models(const Manifest& manifest, const std::vector<RecipePart>& parts, Format format) {
  if (!needs_common_package(manifest)) return {};
  return {common_package_model(manifest, parts.front().cell.kernel->rules, format, source_date_epoch_or_default())};
}

}  // namespace

GenerateWriter::GenerateWriter(const GenerateRequest& wanted, Context& context, GenerateReport& report)
    : wanted_(wanted),
      context_(context),
      report_(report),
      hold_(wanted.request.places.workspace),
      workspace_(hold_.directory()),
      scratch_(workspace_ / "generate"),
      templates_(data_directories("templates")),
      sources_(header_sources(wanted.request, Metadata::stored)) {
  remove_tree(scratch_);
  make_directories(scratch_);
}

GenerateWriter::~GenerateWriter() {
  try {
    remove_tree(scratch_);
  } catch (const std::exception&) {
    // The next run removes it.
  }
}

void GenerateWriter::write_static(const Manifest& manifest, const std::vector<const Outcome*>& cells) {
  GeneratedSource made{.package = manifest.name};
  const std::vector<RecipePart> parts = parts_of(cells, Format::rpm, made);
  write_spec(manifest, render_static_spec(parts, common_models(manifest, parts, Format::rpm), templates_), std::move(made));
}

void GenerateWriter::write_macro(const Manifest& manifest, const MacroFlavors& flavors) {
  write_spec(manifest, render_macro_spec(manifest, flavors, certificate(), source_date_epoch_or_default(), templates_),
             {.package = manifest.name});
}

void GenerateWriter::write_debian(const Manifest& manifest, const std::vector<const Outcome*>& cells) {
  GeneratedSource made{.package = manifest.name};
  const std::vector<RecipePart> parts = parts_of(cells, Format::deb, made);
  const DebianSource source =
      render_debian_source(parts, common_models(manifest, parts, Format::deb), source_top(manifest, context_.stop), templates_);
  const DebianPlaces places{
      .workspace = workspace_, .output = fs::absolute(wanted_.request.output), .scratch = scratch_ / "debian"};
  made.name = source.name;
  const fs::path tree = write_source_tree(source, manifest, places, context_.stop);
  made.debian = wanted_.request.output / tree.filename();
  if (wanted_.source == SourcePackages::made) {
    for (const fs::path& file : write_dsc(source, manifest, places, context_.runner, context_.stop)) {
      made.files.push_back(wanted_.request.output / file.filename());
    }
    made.dsc = made.files.front();
    made.files.erase(made.files.begin());
  }
  report_.sources.push_back(std::move(made));
}

/// The build's own copy is gone once its cell is finished.
RecipePart GenerateWriter::part_of(const Outcome& outcome, std::size_t number, Format format) {
  const Manifest& manifest = *outcome.cell.manifest;
  const fs::path place = scratch_ / std::to_string(number);
  remove_tree(place);
  std::vector<fs::path> skipped;
  RecipePart part{.cell = outcome.cell,
                  .headers = open_headers(sources_, *outcome.cell.kernel),
                  .source = copy_source(manifest.source, place, workspace_, skipped, context_.stop)};
  // Told of when the cell was built.
  static_cast<void>(
      apply_patches(manifest, outcome.cell.kernel->release, part.source, scratch_ / "patch.log", context_.runner, context_.stop));
  const std::vector<SealedModule> modules = sealed_modules(outcome);
  const BuildRecord build{.source = part.source};
  if (format == Format::deb) {
    // Whoever builds the source package has another key, or none.
    part.models = deb_models(part.cell, part.headers, modules, build, {});
  } else {
    add_made_sources(outcome, part.source);
    part.models = rpm_models(part.cell, part.headers, modules, build, {.certificate = certificate()});
  }
  return part;
}

std::vector<RecipePart> GenerateWriter::parts_of(const std::vector<const Outcome*>& cells, Format format, GeneratedSource& made) {
  std::vector<RecipePart> parts;
  for (const Outcome* outcome : cells) {
    parts.push_back(part_of(*outcome, parts.size(), format));
    made.kernels.push_back(outcome->cell.kernel->id());
  }
  return parts;
}

fs::path GenerateWriter::certificate() const { return wanted_.request.key ? wanted_.request.key->certificate : fs::path(); }

void GenerateWriter::write_spec(const Manifest& manifest, const SourcePackage& package, GeneratedSource made) {
  const fs::path& output = wanted_.request.output;
  made.name = package.head.name;
  made.files = write_source_files(package, manifest, workspace_, output, context_.stop);
  made.spec = made.files.front();
  made.files.erase(made.files.begin());
  if (wanted_.source == SourcePackages::made) {
    made.source_rpm = write_source_rpm(package, output, scratch_, context_.runner, context_.stop);
  }
  report_.sources.push_back(std::move(made));
}

}  // namespace kmpack
