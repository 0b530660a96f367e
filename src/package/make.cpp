#include "package/make.hpp"

#include <algorithm>
#include <utility>

#include "package/deb.hpp"
#include "package/model.hpp"
#include "package/rpm.hpp"
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

PackageFile make_package(const PackageModel& model, const Bench& bench) {
  const PackageSettings& settings = bench.settings;
  if (model.format == Format::deb) {
    const auto scripts = render_deb_scripts(model, bench.templates);
    check_scripts(model, scripts, bench.runner, bench.stop);
    return write_deb(model, scripts, settings.output, settings.scratch, bench.stop);
  }
  const auto scripts = render_rpm_scripts(model, bench.templates);
  check_scripts(model, scripts, bench.runner, bench.stop);
  return write_rpm(model, scripts, bench.templates, settings.output, settings.scratch, settings.executable, bench.runner,
                   bench.stop);
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
    packages.push_back(make_package(module_package_model(cell, headers, modules, build, format), bench));
    // On rpm systems the pin lies in the package itself and there is no name to follow.
    const bool meta = format == Format::deb && cell.newest_of_series && !cell.kernel->rules.meta_suffix.empty();
    if (meta) packages.push_back(make_package(flavor_meta_model(cell, headers, format), bench));
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
    packages.push_back(make_package(common_package_model(manifest, rules, format, epoch), bench));
  }
  return packages;
}

}  // namespace kmpack
