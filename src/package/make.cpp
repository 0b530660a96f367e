#include "package/make.hpp"

#include <algorithm>
#include <utility>

#include "package/deb.hpp"
#include "package/deb_models.hpp"
#include "package/model.hpp"
#include "package/rpm.hpp"
#include "package/rpm_models.hpp"
#include "package/scripts.hpp"
#include "package/templates.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// What making one package needs besides its model.
struct Bench {
  const PackageSettings& settings;
  const Templates templates;
  CommandRunner& runner;
  std::stop_token stop;
};

PackageFile make_deb(const PackageModel& model, const Bench& bench) {
  const auto scripts = render_deb_scripts(model, bench.templates);
  check_scripts(model, scripts, bench.runner, bench.stop);
  return write_deb(model, scripts, bench.settings.output, bench.settings.threads, bench.stop);
}

/// One spec for all that have one time; what belongs to no kernel has another and goes first.
std::vector<PackageFile> make_rpms(const SpecHead& head, std::vector<PackageModel> models, const Bench& bench) {
  std::vector<PackageFile> packages;
  while (!models.empty()) {
    const std::int64_t epoch = models.back().epoch;
    std::vector<RpmPart> parts;
    for (const PackageModel& model : models) {
      if (model.epoch != epoch) continue;
      parts.push_back({model, render_rpm_scripts(model, bench.templates)});
      check_scripts(model, parts.back().scripts, bench.runner, bench.stop);
    }
    std::erase_if(models, [&](const PackageModel& model) { return model.epoch == epoch; });
    SpecHead dated = head;
    dated.epoch = epoch;
    dated.change = parts.front().model.change;
    const PackageSettings& settings = bench.settings;
    for (PackageFile& package : write_rpms(dated, parts, bench.templates, settings.output, settings.scratch, settings.executable,
                                           bench.runner, bench.stop)) {
      packages.push_back(std::move(package));
    }
  }
  std::ranges::stable_sort(packages, {}, &PackageFile::kind);
  return packages;
}

std::vector<Format> formats_or_family(std::span<const Format> formats, PackageFamily family) {
  if (formats.empty()) return {family == PackageFamily::deb ? Format::deb : Format::rpm};
  std::vector<Format> chosen(formats.begin(), formats.end());
  std::ranges::sort(chosen);
  chosen.erase(std::ranges::unique(chosen).begin(), chosen.end());
  return chosen;
}

}  // namespace

std::vector<PackageFile> make_packages(const Cell& cell, const HeaderTree& headers, const BuildRecord& build,
                                       std::span<const SealedModule> modules, std::span<const Format> formats,
                                       const PackageSettings& settings, CommandRunner& runner, std::stop_token stop) {
  make_directories(settings.scratch);
  const Bench bench{settings, Templates(settings.template_dirs), runner, std::move(stop)};
  std::vector<PackageFile> packages;
  for (const Format format : formats_or_family(formats, cell.kernel->rules.family)) {
    if (format == Format::rpm) {
      const SpecHead head = spec_head(*cell.manifest, cell.kernel->rules.rpm.style, headers.epoch);
      const RpmContext context{.certificate = settings.certificate, .dependencies = settings.dependencies};
      for (PackageFile& package : make_rpms(head, rpm_models(cell, headers, modules, build, context), bench)) {
        packages.push_back(std::move(package));
      }
      continue;
    }
    const DebContext context{.certificate = settings.certificate, .dependencies = settings.dependencies};
    for (const PackageModel& model : deb_models(cell, headers, modules, build, context)) {
      packages.push_back(make_deb(model, bench));
    }
  }
  return packages;
}

std::vector<PackageFile> make_common_packages(const Manifest& manifest, const InstallRules& rules,
                                              std::span<const Format> formats, std::int64_t epoch,
                                              const PackageSettings& settings, CommandRunner& runner, std::stop_token stop) {
  std::vector<PackageFile> packages;
  if (!needs_common_package(manifest)) return packages;
  make_directories(settings.scratch);
  const Bench bench{settings, Templates(settings.template_dirs), runner, std::move(stop)};
  for (const Format format : formats_or_family(formats, rules.family)) {
    const PackageModel common = common_package_model(manifest, rules, format, epoch);
    if (format == Format::rpm) {
      const SpecHead head = spec_head(manifest, rules.rpm.style, epoch);
      packages.push_back(make_rpms(head, {common}, bench).front());
    } else {
      packages.push_back(make_deb(common, bench));
    }
  }
  return packages;
}

}  // namespace kmpack
